from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fer.evaluation.caveats import caveats, leak_free, votes
from fer.evaluation.figures import figures
from fer.evaluation.predictions import PredictionTable

MakeTable = Callable[..., PredictionTable]
SURE = np.eye(3) * 0.9 + 0.1 / 3


def test_leaks_are_counted_and_skipped(make_table: MakeTable) -> None:
    table = make_table([0, 1, 2, 2], SURE[[0, 1, 2, 0]], in_training=[True, True, False, False])
    clean = leak_free(table)
    assert (clean["leaked"], clean["images"], clean["accuracy"]) == (2, 2, 0.5)
    assert "2 faces also occur in the training part" in caveats(figures(table))[0]
    assert "50.0% on 2 faces" in caveats(figures(table))[0]


def test_nothing_left_has_no_accuracy(make_table: MakeTable) -> None:
    clean = leak_free(make_table([0], SURE[[0]], in_training=[True]))
    assert clean["images"] == 0
    assert clean["accuracy"] is None


def test_votes_judge_the_model_and_the_labels(make_table: MakeTable) -> None:
    table = make_table(
        [0, 0, 1, 2, 2],
        SURE[[0, 1, 1, 0, 2]],
        majority=["happy", "sad", "contempt", "", ""],
        agreement=[0.9, 0.8, 0.5, 0.4, np.nan],
    )
    voted = votes(table)
    assert voted is not None
    assert voted["images"] == 4
    assert (voted["majority_images"], voted["majority_accuracy"]) == (2, 1.0)
    assert (voted["agreed_images"], voted["agreed_accuracy"]) == (2, 0.5)
    assert (voted["disputed_images"], voted["disputed_accuracy"]) == (2, 0.5)
    assert voted["label_is_majority"] == pytest.approx(1 / 3)


def test_without_votes_there_are_no_such_figures(make_table: MakeTable) -> None:
    assert votes(make_table([0], SURE[[0]])) is None


def test_a_caveat_for_training_faces_comes_first(make_table: MakeTable) -> None:
    table = replace(make_table([0, 1], SURE[[0, 1]], in_training=True), split="train")
    assert "trained on these faces" in caveats(figures(table))[0]


def test_a_caveat_for_drawn_faces_comes_first(make_table: MakeTable) -> None:
    table = replace(make_table([0, 1], SURE[[0, 1]]), synthetic=True)
    assert "faces are drawn" in caveats(figures(table))[0]
    assert not any("drawn" in one for one in caveats(figures(make_table([0, 1], SURE[[0, 1]]))))


def test_a_caveat_names_what_counts_as_right(make_table: MakeTable) -> None:
    voted = make_table(
        [0, 1, 2], SURE[[0, 1, 2]], majority=["happy", "happy", "surprise"], agreement=0.9
    )
    own = " ".join(caveats(figures(voted)))
    assert (
        "Measured against the data set's own labels; against the choice of most annotators" in own
    )
    assert "66.7% on 3 faces" in own
    by_votes = replace(
        voted,
        frame=voted.frame.assign(label_given=["sad", "sad", "surprise"]),
        truth="votes",
        undecided=7,
    )
    measured = figures(by_votes)
    assert (measured["truth"], measured["undecided"]) == ("votes", 7)
    assert measured["votes"]["given_accuracy"] == pytest.approx(2 / 3)
    assert measured["votes"]["label_is_majority"] == pytest.approx(1 / 3)
    sentences = " ".join(caveats(measured))
    assert "Measured against the choice of most annotators, not the data set's own" in sentences
    assert "against those, accuracy is 66.7% on 3 of these faces" in sentences
    assert "Skipped: 7 faces on which the annotators made no single choice" in sentences
