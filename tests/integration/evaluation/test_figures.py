from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer import api
from fer.data import Dataset
from fer.errors import DatasetError
from fer.evaluation.calibration import calibrate
from fer.evaluation.figures import calibrated_card
from fer.models.model import Model


def relabelled(dataset: Dataset, names: dict[str, str]) -> Dataset:
    index = dataset.index.assign(label=dataset.index["label"].replace(names))
    return replace(dataset, index=index, labels=tuple(sorted(set(index["label"]))))


def test_the_figures_are_those_of_the_predictions(tiny_model: Model, tiny_dataset: Dataset) -> None:
    test = tiny_dataset.select("test")
    predicted = tiny_model.classify(test.pixels).argmax(axis=1)
    figures = api.evaluate(tiny_model, tiny_dataset, "test")
    assert figures["images"] == len(test)
    assert figures["accuracy"] == pytest.approx((predicted == test.targets).mean())
    assert figures["split"] == "test"


def test_a_data_set_with_some_of_the_classes_is_scored_over_those(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    happy = tiny_dataset.take(np.flatnonzero(tiny_dataset.index["label"] == "happy"))
    figures = api.evaluate(tiny_model, replace(happy, labels=("happy",)), "all")
    assert list(figures["per_class"]) == ["happy"]
    assert figures["balanced_accuracy"] == figures["accuracy"]


def test_faces_of_classes_that_the_model_lacks_are_skipped_and_counted(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    figures = api.evaluate(tiny_model, relabelled(tiny_dataset, {"surprise": "fear"}), "all")
    assert figures["left_out"] == 40
    assert figures["images"] == 40


def test_no_class_in_common_is_an_error(tiny_model: Model, tiny_dataset: Dataset) -> None:
    strange = relabelled(tiny_dataset, {"surprise": "fear", "happy": "sad"})
    with pytest.raises(DatasetError, match=r"fear, sad.*knows happy, surprise.*share no class"):
        api.evaluate(tiny_model, strange, "all")


def test_progress_ends_at_the_number_of_faces(tiny_model: Model, tiny_dataset: Dataset) -> None:
    seen: list[tuple[int, int]] = []
    api.evaluate(tiny_model, tiny_dataset, "all", progress=lambda *step: seen.append(step))
    assert seen[-1] == (80, 80)


def test_a_temperature_fitted_on_validation_lowers_the_calibration_error_on_test(
    tiny_model: Model,
) -> None:
    # A model that is right in 7 of 10 faces, and 95% sure of each.
    generator = np.random.default_rng(0)
    answered = generator.integers(2, size=1000)
    right = generator.random(1000) < 0.7
    labels = tiny_model.card.labels
    index = pd.DataFrame(
        {
            "path": [f"{i}.png" for i in range(1000)],
            "label": [labels[i] for i in np.where(right, answered, 1 - answered)],
            "split": np.resize(["validation", "test"], 1000),
            "hash": [str(i) for i in range(1000)],
        }
    )
    pixels = np.zeros((1000, 24, 24, 1), np.uint8)
    pixels[:, 0, 0, 0] = answered  # which the network answers
    faces = Dataset(name="sure", index=index, pixels=pixels, labels=labels, split_rule="")
    sure = replace(
        tiny_model,
        card=replace(tiny_model.card, model_sha256="", temperature=1.0),
        forward=lambda batch: np.float32([[0.95, 0.05], [0.05, 0.95]])[batch[:, 0, 0, 0]],
    )
    temperature, record = calibrate(sure, faces)
    assert (record["split"], record["images"]) == ("validation", 500)
    assert record["ece_after"] < record["ece_before"]
    before = api.evaluate(sure, faces, "test")
    card = replace(sure.card, temperature=temperature)
    after = api.evaluate(replace(sure, card=card), faces, "test")
    assert before["ece"] == pytest.approx(0.25, abs=0.06)
    assert after["ece"] < before["ece"] / 3
    assert after["accuracy"] == before["accuracy"]


def test_calibrating_measures_a_model_again_on_its_own_faces_also_once_some_are_annotated(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    trained = replace(tiny_model, card=replace(tiny_model.card, metrics={}))
    first = tiny_dataset.index["path"].iloc[:1]
    excluded = tiny_dataset.index["path"].isin(first)
    annotated = replace(tiny_dataset, index=tiny_dataset.index.assign(excluded=excluded))
    assert set(calibrated_card(trained, annotated).metrics) == {"validation", "test"}
    others = tiny_dataset.take(np.arange(10, len(tiny_dataset)))
    assert calibrated_card(trained, others).metrics == {}


def test_calibrated_on_other_faces_a_model_keeps_the_figures_that_no_temperature_changes(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    before = tiny_model.card.metrics["test"]
    others = tiny_dataset.take(np.arange(10, len(tiny_dataset)))
    after = calibrated_card(tiny_model, others).metrics["test"]
    for name in ("images", "accuracy", "balanced_accuracy", "confusion_matrix"):
        assert after[name] == before[name]
    assert not {"ece", "brier", "log_loss", "mean_confidence"} & set(after)
    assert set(after["ci95"]) == {"balanced_accuracy", "macro_f1"}


def test_a_new_temperature_drops_the_figures_on_other_data_which_had_another_one(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    row = {
        "name": "elsewhere", "how": "", "dataset": "other", "images": 1, "accuracy": 1.0,
        "accuracy_ci95": [0.2, 1.0], "balanced_accuracy": 1.0, "ece": 0.3,
    }  # fmt: skip
    measured = replace(tiny_model, card=replace(tiny_model.card, other_data=[row]))
    assert not calibrated_card(measured, tiny_dataset).other_data


def test_a_second_model_is_compared_on_the_same_labels(
    tiny_model: Model, tiny_folder: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    found = api.evaluate(tiny_model, tiny_dataset, "test", compare=tiny_folder, report=file)[
        "comparison"
    ]
    assert (found["first"], found["second"]) == ("tiny", "tiny")
    assert (found["difference"], found["p_value"]) == (0, 1)
    assert "Comparison with tiny" in file.read_text(encoding="utf-8")
