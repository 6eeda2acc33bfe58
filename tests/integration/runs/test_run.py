import shutil
from pathlib import Path

import pytest

from fer import runs
from fer.errors import ModelError, TrainingError
from fer.training.config import TrainingConfig


def test_a_runs_model_is_added_to_the_models_under_its_new_name(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from fer import models

    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    run = runs.create(TrainingConfig(), state="finished")
    with pytest.raises(TrainingError, match="no model yet"):
        run.add_to_models("mine")
    shutil.copytree(tiny_folder, run.model_folder)
    with pytest.raises(ModelError, match="cannot be a model's name"):
        run.add_to_models("../mine")
    run.add_to_models("mine")
    assert models.list_models() == ["mine"]
    assert models.load("mine").card.name == "mine"
    with pytest.raises(ModelError, match="There already is a model 'mine'"):
        run.add_to_models("mine")
    run.add_to_models("mine", may_replace=True)


def test_a_run_copies_its_start_model_and_adopts_its_size(tiny_folder: Path) -> None:
    run = runs.create(TrainingConfig(start_from=str(tiny_folder)))
    config = run.config()
    assert (config.architecture, config.height, config.width) == ("simple", 24, 24)
    assert (run.folder / "start" / "model.keras").is_file()


def test_a_run_copies_its_teachers(tiny_folder: Path) -> None:
    run = runs.create(TrainingConfig(teachers=(str(tiny_folder), str(tiny_folder))))
    assert sorted(path.parent.name for path in run.folder.glob("teachers/*/card.json")) == [
        "0",
        "1",
    ]


def test_a_run_without_copies_of_its_models_uses_them_by_name(tiny_folder: Path) -> None:
    run = runs.create(TrainingConfig(start_from=str(tiny_folder), teachers=(str(tiny_folder),)))
    assert run.local_config().start_from == str(run.folder / "start")
    assert run.local_config().teachers == (str(run.folder / "teachers" / "0"),)
    shutil.rmtree(run.folder / "start")
    shutil.rmtree(run.folder / "teachers")
    assert run.local_config() == run.config()
