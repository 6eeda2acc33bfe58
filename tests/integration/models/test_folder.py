import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from fer import api, models, settings
from fer.data import Dataset
from fer.errors import ModelError, ModelNotFoundError
from fer.models import folder as folders
from fer.models.card import ModelCard
from fer.models.model import Model
from fer.training.config import TrainingConfig

SHIPPED = Path(__file__).resolve().parents[3] / "models" / "ferplus"


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "copy"))


def test_a_model_has_a_network_a_card_a_readme_and_its_configuration(
    tiny_folder: Path, tiny_config: TrainingConfig
) -> None:
    assert sorted(path.name for path in tiny_folder.iterdir()) == [
        "README.md",
        "card.json",
        "config.toml",
        "model.keras",
    ]
    kept = TrainingConfig.read(tiny_folder / "config.toml")
    assert kept == tiny_config.changed({"dataset": "tiny"})
    readme = (tiny_folder / "README.md").read_text()
    assert "must not be used" in readme
    assert "happy" in readme


def test_a_network_is_saved_without_its_optimizer(tiny_folder: Path, tiny_model: Model) -> None:
    size = (tiny_folder / "model.keras").stat().st_size
    weights = 4 * tiny_model.card.parameters
    assert weights < size < 1.2 * weights


def test_a_card_is_rewritten_beside_its_network(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    card = models.load(folder).card
    models.save_card(replace(card, temperature=1.5), folder)
    assert models.load(folder).card == replace(card, temperature=1.5)
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        file.name for file in tiny_folder.iterdir()
    )


WRITERS = pytest.mark.parametrize("write", [models.save_card, partial(models.save_forms, {})])


@WRITERS
def test_what_was_made_of_a_model_that_was_replaced_meanwhile_is_not_written(
    copy: Path, write: Callable[[ModelCard, Path], None]
) -> None:
    card = models.load(copy).card
    models.copy(SHIPPED, copy)
    before = contents(copy)
    with pytest.raises(ModelError, match=r"copy' was replaced .* Do this again"):
        write(card, copy)
    assert contents(copy) == before
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_forms_do_not_take_the_place_of_a_model_that_comes_while_they_are_written(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = models.load(copy).card
    as_it_was = folders.write_text

    def late(path: Path, text: str) -> None:
        as_it_was(path, text)
        if path.name == models.CARD_FILE:
            monkeypatch.setattr(folders, "write_text", as_it_was)
            models.copy(SHIPPED, copy)

    monkeypatch.setattr(folders, "write_text", late)
    with pytest.raises(ModelError, match="was replaced"):
        models.save_forms({}, card, copy)
    assert models.load(copy, form="litert").card.labels != card.labels


def test_saving_again_replaces_the_whole_model(copy: Path, tiny_model: Model) -> None:
    (copy / "stale.txt").write_text("old")
    models.save(tiny_model.network, tiny_model.card, copy)
    assert not (copy / "stale.txt").exists()
    assert models.load(copy).card.labels == ("happy", "surprise")
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_a_folder_that_is_no_model_is_not_replaced(tmp_path: Path, tiny_model: Model) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("years of work")
    with pytest.raises(ModelError, match="is not a model"):
        models.save(tiny_model.network, tiny_model.card, tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter1.tex").exists()


def test_a_model_is_found_by_name_and_by_folder(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(copy.parent))
    monkeypatch.setenv("FER_MODEL", "copy")
    assert models.list_models() == ["copy"]
    assert models.find("copy") == models.find() == copy
    assert models.find(copy) == copy
    assert settings.default_model() == "copy"


def test_a_name_is_looked_up_in_each_folder_of_models_the_first_one_first(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, shipped = tmp_path / "mine", tmp_path / "shipped"
    for folder in (mine / "both", shipped / "both", shipped / "only"):
        shutil.copytree(tiny_folder, folder)
    monkeypatch.setattr(settings, "models_folders", lambda: (mine, shipped))
    assert models.list_models() == ["both", "only"]
    assert models.find("both") == mine / "both"
    assert models.find("only") == shipped / "only"


@pytest.fixture
def installed(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a model that pip installed with the package."""
    monkeypatch.delenv("FER_MODELS", raising=False)
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(settings, "PACKAGE", tmp_path / "site-packages" / "fer")
    return Path(shutil.copytree(tiny_folder, settings.PACKAGE / "_models" / "tiny"))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_calibrating_and_exporting_a_model_of_the_package_change_a_copy_that_is_then_used(
    installed: Path, tiny_dataset: Dataset
) -> None:
    before = contents(installed)
    calibrated = api.calibrate("tiny", tiny_dataset)
    mine = settings.home() / "models" / "tiny"
    assert models.find("tiny") == mine
    assert models.load("tiny").card == calibrated
    exported = api.export("tiny", tiny_dataset)
    assert models.load("tiny", form="litert").card == exported
    assert exported.temperature == calibrated.temperature
    assert contents(installed) == before


def test_changes_to_a_model_of_a_checkout_go_into_a_copy_under_a_name_of_its_own(
    tiny_folder: Path, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    monkeypatch.delenv("FER_MODELS", raising=False)
    monkeypatch.setattr(settings, "PACKAGE", project / "fer")
    shipped = Path(shutil.copytree(tiny_folder, project / "models" / "ferplus"))
    (project / "pyproject.toml").touch()
    before = contents(shipped)
    calibrated = api.calibrate("ferplus", tiny_dataset)
    assert calibrated.name == "ferplus-copy"
    assert models.load("ferplus-copy").card == calibrated
    with pytest.raises(ModelError, match=r"came with the package.*Use your copy.*ferplus-copy"):
        api.export("ferplus", tiny_dataset)
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "mine"))
    assert models.writable(shipped) == tmp_path / "mine" / "ferplus"
    assert contents(shipped) == before


def test_a_copy_of_a_model_of_the_package_is_not_replaced(
    installed: Path, tiny_dataset: Dataset
) -> None:
    api.calibrate("tiny", tiny_dataset)
    mine = contents(models.find("tiny"))
    with pytest.raises(ModelError, match=r"came with the package.*Use your copy"):
        api.calibrate(installed, tiny_dataset)
    assert contents(models.find("tiny")) == mine


def test_a_missing_model_lists_the_existing_ones(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(copy.parent))
    with pytest.raises(ModelNotFoundError, match=r"No model 'gone'. Known: copy"):
        models.load("gone")
