from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fer.evaluation.caveats import caveats, is_test, leak_free, votes
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


def test_a_caveat_gives_the_second_figure_of_the_annotations(make_table: MakeTable) -> None:
    table = make_table([0, 1], SURE[[0, 1]])
    assert not any("by hand" in one for one in caveats(figures(table)))
    by_hand = {"relabelled": 400, "excluded": 1, "images": 3372, "accuracy": 0.939,
               "accuracy_ci95": [0.93, 0.947]}  # fmt: skip
    assert (
        "With 400 labels set by hand and 1 face excluded by hand: accuracy 93.9% (95% interval "
        "93.0% to 94.7%) on 3,372 faces. No other figure counts annotations."
    ) in caveats(figures(replace(table, by_hand=by_hand)))
    nothing = by_hand | {"relabelled": 0, "images": 0, "accuracy": None, "accuracy_ci95": None}
    text = " ".join(caveats(figures(replace(table, by_hand=nothing))))
    assert "With 1 face excluded by hand: no face remains." in text


@pytest.mark.parametrize("split", ["train", "validation", "all"])
def test_a_split_is_a_test_for_a_model_that_was_trained_on_another_data_set(
    split: str, make_table: MakeTable
) -> None:
    here = figures(replace(make_table([0, 1], SURE[[0, 1]]), split=split))
    elsewhere = {**here, "trained_on": "other", "trained_here": False}
    unknown = {**elsewhere, "trained_on": ""}
    assert not is_test(here)
    assert is_test(elsewhere)
    assert not is_test(unknown)
    assert "optimistic" in caveats(here)[0]
    assert "trained on another data set, other" in caveats(elsewhere)[0]
    assert "may have learnt these faces" in caveats(unknown)[0]


def test_a_model_of_drawn_faces_has_a_caveat_on_photos_only(make_table: MakeTable) -> None:
    drawn = {"trained_on": "synthetic", "trained_here": False, "trained_on_drawn": True}
    on_photos = figures(make_table([0, 1], SURE[[0, 1]])) | drawn
    sentence = "The model was trained on drawn faces, so it is not made for photos."
    assert sentence in caveats(on_photos)
    assert sentence not in caveats({**on_photos, "synthetic": True})


def test_a_temperature_that_was_chosen_on_these_faces_has_a_caveat(make_table: MakeTable) -> None:
    table = replace(
        make_table([0, 1], SURE[[0, 1]]), split="validation", trained_here=False,
        trained_on="other", calibrated_on="by hand",
    )  # fmt: skip
    sentence = "The temperature was chosen on these faces."
    assert sentence in caveats(figures(table))
    assert sentence not in caveats(figures(replace(table, split="test")))


def test_labels_that_look_exchanged_are_a_caveat_with_the_order_that_fits(
    make_table: MakeTable,
) -> None:
    classes = [0, 1, 2] * 20
    right, exchanged = make_table(classes, SURE[classes]), make_table(classes, SURE[[0, 2, 1] * 20])
    labels = exchanged.labels
    [sentence] = [one for one in caveats(figures(exchanged)) if "exchanged" in one]
    assert f"the order {labels[0]}, {labels[2]}, {labels[1]}" in sentence
    assert "would be 100.0% instead of 33.3%" in sentence
    assert not any("exchanged" in one for one in caveats(figures(right)))
