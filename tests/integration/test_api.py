import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer import api, models
from fer.data import Dataset, load_dataset
from fer.errors import FerError, ModelError
from fer.models.card import read_card
from fer.models.model import Model
from fer.training import checkpoint
from fer.training.config import TrainingConfig
from fer.training.events import Event, Measuring, Observer, Started


class Noting(Observer):
    def __init__(self) -> None:
        self.events: list[Event] = []

    def notify(self, event: Event) -> None:
        self.events.append(event)


@pytest.mark.usefixtures("own_home")
def test_training_reports_what_happens_saves_checkpoints_and_names_its_data_set(
    small_config: TrainingConfig, face_folder: Path, tmp_path: Path
) -> None:
    seen = Noting()
    seen.checkpoints = tmp_path / "checkpoints"
    config = replace(small_config, epochs=1)
    trained = api.train(face_folder, config=config, out=tmp_path / "mine", observer=seen)
    kinds = list(dict.fromkeys(type(event).__name__ for event in seen.events))
    assert kinds == ["FilesRead", "Started", "BatchEnded", "EpochEnded", "Measuring"]
    assert checkpoint.exists(seen.checkpoints)
    assert read_card(tmp_path / "mine" / models.CARD_FILE).metrics == trained.card.metrics
    assert trained.card.name == "mine"
    assert trained.card.config["dataset"] == face_folder.name
    # A quarter of the 32 training faces is held out.
    assert trained.card.data["splits"] == {"train": 24, "validation": 8, "test": 8}


@pytest.mark.usefixtures("own_home")
def test_a_model_lists_the_corrections_that_it_and_the_models_before_it_learnt_from(
    small_config: TrainingConfig, face_folder: Path, make: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tmp_path / "feedback"

    def feedback() -> list[str]:
        shutil.rmtree(folder, ignore_errors=True)
        make(
            *(f"train/{label}/{n}.png" for label in ("happy", "surprise") for n in "12"),
            root=folder,
        )
        make("test/happy/3.png", root=folder)
        given = load_dataset(folder, height=24, width=24, validation_fraction=0)
        return sorted(given.index["hash"][given.index["split"] == "train"])

    config = replace(small_config, epochs=1, extra=str(folder), extra_times=2)
    noted = Noting()
    noted.checkpoints = tmp_path / "checkpoints"
    first, learnt = feedback(), tmp_path / "first"
    card = api.train(face_folder, config=config, out=learnt, observer=noted).card
    assert card.training["feedback"] == first
    assert card.data["extra"]["name"] == "feedback"
    assert card.data["splits"] == {"train": 24, "validation": 8, "test": 8}
    started = next(event for event in noted.events if isinstance(event, Started))
    assert started.train_faces == 24 + 2 * 4
    assert set(card.metrics) == {"validation", "test"}

    second = feedback()
    assert not set(first) & set(second)
    resumed = api.train(face_folder, config=replace(config, epochs=2), out=learnt, observer=noted)
    assert resumed.card.training["feedback"] == sorted([*first, *second])
    plain = replace(config, extra="", start_from=str(learnt))
    after = api.train(face_folder, config=plain, out=tmp_path / "after")
    assert after.card.training["feedback"] == sorted([*first, *second])


class Skipping(Noting):
    """Skips the measuring once it has seen some of it, and may stop the training at once."""

    def __init__(self, *, stop: bool = False) -> None:
        super().__init__()
        self.stop = stop

    def should_stop(self) -> bool:
        return self.stop

    def should_skip(self) -> bool:
        return True


def test_measuring_that_is_skipped_leaves_a_model_without_figures(
    small_config: TrainingConfig, face_folder: Path, tmp_path: Path
) -> None:
    seen = Skipping()
    trained = api.train(face_folder, config=small_config, out=tmp_path / "mine", observer=seen)
    assert len(trained.card.training["history"]) == 2
    assert read_card(tmp_path / "mine" / models.CARD_FILE).metrics == {}
    assert seen.events[-1] == Measuring(done=8, planned=24)


def test_a_training_that_ends_before_its_first_epoch_is_not_measured(
    small_config: TrainingConfig, face_folder: Path, tmp_path: Path
) -> None:
    seen = Skipping(stop=True)
    trained = api.train(face_folder, config=small_config, out=tmp_path / "mine", observer=seen)
    assert seen.events[-1] == Measuring()
    assert trained.card.metrics == {}
    assert models.load(tmp_path / "mine").card.training["stopped"]


def test_the_measuring_reports_its_progress_over_all_splits_together(
    small_config: TrainingConfig, face_folder: Path, tmp_path: Path
) -> None:
    seen = Noting()
    config = replace(small_config, epochs=1)
    api.train(face_folder, config=config, out=tmp_path / "mine", observer=seen)
    measured = [event for event in seen.events if isinstance(event, Measuring)]
    # Eight faces of validation, which the temperature needs first, and eight of test.
    assert [(event.done, event.planned) for event in measured] == [
        (0, 0), (8, 24), (16, 24), (24, 24),
    ]  # fmt: skip


def test_a_folder_that_holds_something_else_is_refused_before_the_data_set_is_read(
    small_config: TrainingConfig, face_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "diary.txt").touch()
    seen = Noting()
    with pytest.raises(ModelError, match=str(tmp_path)):
        api.train(face_folder, config=small_config, out=tmp_path, observer=seen)
    assert seen.events == []
    assert [file.name for file in tmp_path.iterdir()] == ["diary.txt"]


def test_accuracy_is_the_share_of_right_answers(tiny_model: Model, tiny_dataset: Dataset) -> None:
    test = tiny_dataset.select("test")
    answers = np.array(tiny_model.card.labels)[tiny_model.classify(test.pixels).argmax(axis=1)]
    right = (answers == test.index["label"].to_numpy()).sum()
    figures = api.evaluate(tiny_model, tiny_dataset)
    assert (figures["images"], figures["accuracy"]) == (16, right / 16)


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_measured(
    tiny_model: Model, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    seen: list[int] = []
    with pytest.raises(FerError, match="nowhere"):
        api.evaluate(
            tiny_model,
            tiny_dataset,
            report=tmp_path / "nowhere" / "report.html",
            progress=lambda done, planned: seen.append(done),
        )
    assert seen == []


def test_a_calibration_is_kept_in_the_card_and_changes_confidence_not_answers(
    tiny_folder: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    folder = models.copy(tiny_folder, tmp_path / "mine")
    card = read_card(folder / models.CARD_FILE)
    models.save_card(replace(card, temperature=0.1), folder)
    held_out = tiny_dataset.select("validation")
    targets = held_out.targets_among(card.labels)
    before = models.load(folder).classify(held_out.pixels)
    written = api.calibrate(folder, tiny_dataset)
    assert written == read_card(folder / models.CARD_FILE)
    after = models.load(folder).classify(held_out.pixels)
    assert (after.argmax(axis=1) == before.argmax(axis=1)).all()
    losses = [-np.log(shares[range(16), targets]).mean() for shares in (before, after)]
    assert losses[1] < losses[0]


def test_forms_are_not_written_for_a_split_that_the_data_set_lacks(
    tiny_folder: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    folder = models.copy(tiny_folder, tmp_path / "mine")
    before = (folder / models.CARD_FILE).read_text()
    with pytest.raises(FerError, match="private_test"):
        api.export(folder, tiny_dataset, "private_test")
    assert not list(folder.glob("*.tflite"))
    assert json.loads((folder / models.CARD_FILE).read_text()) == json.loads(before)


def test_arrays_are_trained_and_measured_on_like_any_data_set(
    small_config: TrainingConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    arrays = Dataset.from_arrays(
        tiny_dataset.pixels / 255,
        tiny_dataset.index["label"].tolist(),
        splits=tiny_dataset.index["split"].tolist(),
        name="notebook",
        height=24,
        width=24,
    )
    config = replace(small_config, epochs=1)
    trained = api.train(arrays, config=config, out=tmp_path / "mine")
    assert trained.card.data["name"] == "notebook"
    assert api.evaluate(trained, arrays)["images"] == 16
