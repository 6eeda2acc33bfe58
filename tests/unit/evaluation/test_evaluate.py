from dataclasses import replace

import numpy as np
import pytest

from fer.data import Dataset
from fer.errors import DatasetError
from fer.evaluation.evaluate import evaluate
from fer.nets.artefact import Artefact


def relabelled(dataset: Dataset, names: dict[str, str]) -> Dataset:
    index = dataset.index.assign(label=dataset.index["label"].replace(names))
    return replace(dataset, index=index, labels=tuple(sorted(set(index["label"]))))


def test_the_figures_are_those_of_the_predictions(
    tiny_artefact: Artefact, tiny_dataset: Dataset
) -> None:
    test = tiny_dataset.select("test")
    predicted = tiny_artefact.classify(test.pixels).argmax(axis=1)
    figures = evaluate(tiny_artefact, tiny_dataset, "test")
    assert figures["images"] == len(test)
    assert figures["accuracy"] == pytest.approx((predicted == test.targets).mean())
    assert figures["split"] == "test"


def test_a_data_set_with_some_of_the_classes_is_scored_over_those(
    tiny_artefact: Artefact, tiny_dataset: Dataset
) -> None:
    happy = tiny_dataset.take(np.flatnonzero(tiny_dataset.index["label"] == "happy"))
    figures = evaluate(tiny_artefact, replace(happy, labels=("happy",)), "all")
    assert list(figures["per_class"]) == ["happy"]
    assert figures["balanced_accuracy"] == figures["accuracy"]


def test_faces_of_classes_that_the_model_lacks_are_left_out_and_counted(
    tiny_artefact: Artefact, tiny_dataset: Dataset
) -> None:
    figures = evaluate(tiny_artefact, relabelled(tiny_dataset, {"surprise": "fear"}), "all")
    assert figures["left_out"] == 40
    assert figures["images"] == 40


def test_no_class_in_common_is_an_error(tiny_artefact: Artefact, tiny_dataset: Dataset) -> None:
    strange = relabelled(tiny_dataset, {"surprise": "fear", "happy": "sad"})
    with pytest.raises(DatasetError, match=r"fear, sad.*knows happy, surprise.*share no class"):
        evaluate(tiny_artefact, strange, "all")


def test_progress_ends_at_the_number_of_faces(
    tiny_artefact: Artefact, tiny_dataset: Dataset
) -> None:
    seen: list[tuple[int, int]] = []
    evaluate(tiny_artefact, tiny_dataset, "all", progress=lambda *step: seen.append(step))
    assert seen[-1] == (80, 80)
