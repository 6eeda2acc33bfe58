from pathlib import Path

import pytest

from fer import runs
from fer.runs.estimate import training_faces
from fer.training.config import TrainingConfig


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set of ten training faces, two test faces and a note."""
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path))
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    names = [f"train/{label}/{n}.jpg" for label in ("happy", "sad") for n in range(5)]
    for name in (*names, "train/sad/notes.txt", "test/sad/0.jpg", "test/happy/0.jpg"):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).touch()
    return tmp_path / "set"


def test_the_drawn_faces_are_counted_without_drawing_them() -> None:
    assert training_faces("synthetic", 0.2) == 7 * 500 * 0.8


def test_the_files_of_train_are_counted_less_the_share_held_out(folder: Path) -> None:
    assert training_faces(str(folder), 0.2) == 8


def test_the_last_run_on_a_data_set_gives_the_exact_count(folder: Path) -> None:
    run = runs.create(TrainingConfig(dataset=str(folder)))
    run.write_status(**{**run.stored_status(), "train_faces": 7})
    assert training_faces(str(folder), 0.2) == 7


def test_a_data_set_that_is_not_there_is_unknown(folder: Path) -> None:
    assert training_faces(str(folder / "gone"), 0.2) is None
    assert training_faces("/etc", 0.2) is None
