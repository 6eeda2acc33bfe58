import json
from pathlib import Path

import pytest

from fer import models, runs
from fer.runs.added import added_as, free_model_name
from fer.training.config import TrainingConfig

CARD = {
    "format": 1, "name": "x", "labels": ["happy", "sad"], "height": 48, "width": 48, "channels": 1,
    "framing": {}, "data": {},
}  # fmt: skip


def put_card(folder: Path, sha256: str) -> None:
    folder.mkdir(parents=True)
    (folder / models.CARD_FILE).write_text(json.dumps({**CARD, "model_sha256": sha256}))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_the_model_of_a_run_is_recognised_among_the_models_under_any_name(folder: Path) -> None:
    run = runs.create(TrainingConfig())
    put_card(folder / "other", "1")
    assert added_as(run) is None
    put_card(run.model_folder, "2")
    assert added_as(run) is None
    put_card(folder / "kept", "2")
    assert added_as(run) == "kept"


def test_a_model_is_named_after_its_run_and_no_model_twice(folder: Path) -> None:
    run = runs.create(TrainingConfig(), name="Quick, on sets/ä 2")
    assert free_model_name(run) == "Quick-on-sets-2"
    put_card(folder / "Quick-on-sets-2", "1")
    assert free_model_name(run) == "Quick-on-sets-2-2"
    assert free_model_name(runs.create(TrainingConfig(), name="ä")) == "model"


def test_a_name_that_only_differs_in_case_or_that_another_folder_has_is_not_free(
    folder: Path,
) -> None:
    put_card(folder / "quick", "1")
    (folder / "Quick-2").mkdir()
    assert free_model_name(runs.create(TrainingConfig(), name="Quick")) == "Quick-3"


def test_a_model_that_cannot_be_found_any_more_is_passed_over(folder: Path) -> None:
    run = runs.create(TrainingConfig())
    put_card(run.model_folder, "2")
    (folder / "gone" / models.CARD_FILE).mkdir(parents=True)  # listed, but no model
    put_card(folder / "kept", "2")
    assert added_as(run) == "kept"
