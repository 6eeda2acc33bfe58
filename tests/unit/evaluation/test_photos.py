from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fer.data import Dataset
from fer.evaluation.caveats import caveats
from fer.evaluation.photos import photo_figures, photo_table
from fer.evaluation.predictions import PredictionTable
from fer.models.model import Model

# True: happy happy sad sad. Predicted: happy sad sad happy, 80, 60, 90 and 70% sure.
TRUE = [0, 0, 1, 1]
ANSWERS = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.05, 0.9, 0.05], [0.7, 0.2, 0.1]])
UNANSWERED = [
    {"path": "sad/a.jpg", "label": "sad", "reason": "no face found"},
    {"path": "surprise/b.jpg", "label": "surprise", "reason": "too small to say"},
]

MakeTable = Callable[..., PredictionTable]


@pytest.fixture
def figures(make_table: MakeTable) -> dict[str, Any]:
    table = replace(make_table(TRUE, ANSWERS), split="photos")
    return photo_figures(
        table, unanswered=UNANSWERED, skipped={"x.txt": "no photo"}, several=1, detector="yunet"
    )


def test_figures_of_four_faces_and_two_photos_without_an_answer_are_those_worked_out_by_hand(
    figures: dict[str, Any],
) -> None:
    assert (figures["photos"], figures["images"], figures["accuracy"]) == (6, 4, 0.5)
    assert figures["accuracy_of_photos"] == pytest.approx(2 / 6)
    assert figures["mean_confidence"] == pytest.approx(0.75)
    assert figures["balanced_accuracy"] == 0.5
    # Wilson's interval for 1 of 2, worked out by hand: 0.5 ± 1.96 · sqrt(1/8 + 0.9604/4) / 2.9604.
    assert figures["per_class"]["sad"]["recall_ci95"] == pytest.approx([0.0945, 0.9055], abs=1e-3)
    assert {label: row["unanswered"] for label, row in figures["per_class"].items()} == {
        "happy": 0,
        "sad": 1,
        "surprise": 1,
    }
    assert figures["per_class"]["surprise"]["support"] == 0
    low, high = figures["accuracy_of_photos_ci95"]
    assert 0 < low < 2 / 6 < high < 0.75


def test_wrong_answers_are_listed_with_the_most_confident_first(figures: dict[str, Any]) -> None:
    assert [(row["path"], row["label"], row["predicted"]) for row in figures["wrong"]] == [
        ("3.png", "sad", "happy"),
        ("1.png", "happy", "sad"),
    ]
    assert figures["wrong"][0]["confidence"] == pytest.approx(0.7)
    assert figures["unanswered"] == UNANSWERED
    assert figures["skipped"] == [{"path": "x.txt", "reason": "no photo"}]


def test_caveats_name_unanswered_photos_confidence_and_what_was_not_measured(
    figures: dict[str, Any],
) -> None:
    text = " ".join(caveats(figures))
    assert "fewer than 20 faces" in text
    assert "Mean confidence is 75%, and 50.0% of the answers are right" in text
    assert (
        "Without an answer: 2 of 6 photos (1 no face found, 1 too small to say; detector YuNet)"
        in text
    )
    assert "accuracy is 33.3%" in text
    assert "several faces: 1" in text
    assert "no photo of it has an answer: surprise. Mean recall covers 2 of 3 emotions" in text


def test_few_photos_are_the_first_caveat_whatever_the_model_learnt(
    figures: dict[str, Any],
) -> None:
    drawn = {**figures, "trained_on": "synthetic", "trained_on_drawn": True, "trained_here": False}
    first, *others = caveats(drawn)
    assert first.startswith("With fewer than 20 faces")
    assert any("trained on drawn faces" in sentence for sentence in others)


def test_faces_that_equal_another_are_counted_in_a_caveat(make_table: MakeTable) -> None:
    table = make_table(TRUE, ANSWERS, hash=["a", "b", "a", "a"])
    figures = photo_figures(table, unanswered=[], skipped={}, several=0, detector="yunet")
    assert "Copies: 2 faces equal another one" in " ".join(caveats(figures))


def test_with_twenty_answers_on_twenty_photos_only_confidence_is_mentioned(
    make_table: MakeTable,
) -> None:
    table = make_table([0, 1, 2, 0] * 5, np.eye(3)[[0, 1, 2, 0] * 5] * 0.85 + 0.05)
    figures = photo_figures(table, unanswered=[], skipped={}, several=0, detector="yunet")
    assert caveats(figures) == ["Mean confidence is 90%, and 100.0% of the answers are right."]


def test_a_table_holds_the_answers_beside_the_labels(tiny_model: Model) -> None:
    index = pd.DataFrame(
        {
            "path": ["happy/1.jpg", "surprise/2.jpg"],
            "label": ["happy", "surprise"],
            "split": "test",
            "width": 800,
            "height": 600,
            "hash": ["a", "b"],
        }
    )
    faces = Dataset(
        name="mine", index=index, pixels=np.zeros((2, 24, 24, 1), np.uint8),
        labels=("happy", "surprise"), split_rule="",
    )  # fmt: skip
    answers = np.array([[0.25, 0.75], [0.1, 0.9]], np.float32)
    table = photo_table(tiny_model.card, faces, answers, left_out=3)
    assert table.frame["predicted"].tolist() == ["surprise", "surprise"]
    assert table.frame["correct"].tolist() == [False, True]
    assert table.frame["loss"].tolist() == pytest.approx([-np.log(0.25), -np.log(0.9)])
    assert (table.split, table.dataset, table.left_out) == ("photos", "mine", 3)
    assert not table.frame["in_training"].any()


def test_one_copy_is_counted_in_the_singular(figures: dict[str, Any]) -> None:
    text = " ".join(caveats({**figures, "copies": 1}))
    assert "Copies: 1 face equals another one, as the same photo is there" in text
