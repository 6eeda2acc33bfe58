from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from fer.errors import DatasetError
from fer.evaluation.comparison import compare, verdict
from fer.evaluation.predictions import PredictionTable

MakeTable = Callable[..., PredictionTable]
SURE = np.eye(3) * 0.9 + 0.1 / 3


def test_the_faces_that_one_gets_right_and_the_other_wrong(make_table: MakeTable) -> None:
    first = make_table([0, 0, 0, 0], SURE[[0, 0, 1, 1]])
    second = make_table([0, 0, 0, 0], SURE[[0, 1, 0, 2]])
    compared = compare(first, second)
    assert compared["only_first_right"] == ["1.png"]
    assert compared["only_second_right"] == ["2.png"]
    assert (compared["both"], compared["neither"]) == (1, 1)
    assert compared["difference"] == 0
    assert compared["p_value"] == 1
    assert compared["matrix_difference"] == [[0, -1, 1], [0, 0, 0], [0, 0, 0]]


def test_mcnemar_gives_the_exact_binomial_chance(make_table: MakeTable) -> None:
    # 2 against 10 discordant faces: 2 · Σ_{i≤2} C(12, i) / 2^12 = 158 / 4096.
    first = make_table([0] * 20, SURE[[0] * 2 + [1] * 10 + [0] * 8])
    second = make_table([0] * 20, SURE[[1] * 2 + [0] * 10 + [0] * 8])
    figures = compare(first, second)
    assert figures["p_value"] == pytest.approx(158 / 4096)
    assert figures["difference"] == pytest.approx(0.4)
    low, high = figures["difference_ci95"]
    assert 0 < low < 0.4 < high < 0.8


def test_faces_are_matched_by_their_path(make_table: MakeTable) -> None:
    first = make_table([0, 1, 2], SURE)
    turned = replace(first, frame=first.frame.iloc[::-1].reset_index(drop=True))
    figures = compare(first, turned)
    assert (figures["images"], figures["both"]) == (3, 3)


def test_other_classes_or_other_faces_are_an_error(make_table: MakeTable) -> None:
    table = make_table([0], SURE[[0]])
    with pytest.raises(DatasetError, match="same classes"):
        compare(table, replace(table, labels=("happy", "sad", "fear")))
    elsewhere = replace(table, frame=table.frame.assign(path="other.png"))
    with pytest.raises(DatasetError, match="share no face"):
        compare(table, elsewhere)


def test_both_are_judged_by_the_labels_of_the_first(make_table: MakeTable) -> None:
    first = make_table([0, 0], SURE[[0, 0]])
    second = make_table([1, 1], SURE[[0, 1]])  # labels the same faces differently
    figures = compare(first, second)
    assert figures["first_accuracy"] == 1
    assert figures["second_accuracy"] == 0.5
    assert figures["only_first"] == 1


def test_a_model_that_was_trained_on_more_of_the_faces_is_named(make_table: MakeTable) -> None:
    first = make_table([0, 0], SURE[[0, 0]])
    even = verdict(compare(first, first))
    assert "same 2 faces and labels" in even
    assert "uneven" not in even
    trained = replace(make_table([0, 0], SURE[[0, 1]], in_training=[True, False]), model="other")
    assert "made was trained on 0 of them, other on 1" in verdict(compare(first, trained))


def test_a_verdict_has_real_minus_signs_and_no_p_of_zero(make_table: MakeTable) -> None:
    right, wrong = make_table([0] * 40, SURE[[0] * 40]), make_table([0] * 40, SURE[[1] * 40])
    words = verdict(compare(right, wrong))
    assert "difference −100.0 points (95% interval −100.0 to −100.0)" in words
    assert "p < 0.001, a real difference" in words
    assert "difference +100.0 points" in verdict(compare(wrong, right))
    assert "p = 1.000, no proof" in verdict(compare(right, right))


def test_the_difference_in_mean_recall_counts_every_class_alike(make_table: MakeTable) -> None:
    targets = [0] * 90 + [1] * 10
    first = make_table(targets, SURE[[0] * 90 + [0] * 10])
    second = make_table(targets, SURE[[1] * 9 + [0] * 81 + [1] * 5 + [0] * 5])
    figures = compare(first, second)
    assert figures["difference"] == pytest.approx(-0.04)
    for name, table in (("first", first), ("second", second)):
        expected = balanced_accuracy_score(targets, table.probabilities.argmax(axis=1))
        assert figures[f"{name}_recall"] == pytest.approx(expected)
    assert figures["recall_difference"] == pytest.approx(0.2)
    low, high = figures["recall_difference_ci95"]
    assert low == pytest.approx(0.2 - 1.96 * 0.5 * (0.5**2 / 10 + 0.1 * 0.9 / 90) ** 0.5, abs=0.03)
    assert 0.3 < high < 0.42
