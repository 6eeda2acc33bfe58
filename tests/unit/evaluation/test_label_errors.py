from collections.abc import Callable

import numpy as np

from fer.evaluation.label_errors import label_errors, listed_errors
from fer.evaluation.predictions import PredictionTable

MakeTable = Callable[..., PredictionTable]


def test_labels_that_were_swapped_are_found_first(make_table: MakeTable) -> None:
    generator = np.random.default_rng(0)
    true = np.repeat([0, 1, 2], 40)
    answers = np.eye(3)[true] * 0.8 + generator.dirichlet([2, 2, 2], 120) * 0.2
    given = true.copy()
    swapped = np.array([3, 50, 99])
    given[swapped] = (true[swapped] + 1) % 3
    found = label_errors(make_table(given, answers))
    assert set(found["label_quality"].nsmallest(3).index) == set(swapped)
    issues = set(np.flatnonzero(found["label_issue"]))
    assert issues
    assert issues <= set(swapped)


def test_the_list_names_what_was_annotated_since(make_table: MakeTable) -> None:
    true = np.repeat([0, 1, 2], 40)
    given = true.copy()
    swapped = np.array([3, 50, 99])
    given[swapped] = (true[swapped] + 1) % 3
    answers = np.eye(3)[true] * 0.8 + 0.2 / 3
    by_hand, excluded = np.full(120, "", object), np.zeros(120, bool)
    by_hand[3], by_hand[50], excluded[50] = "happy", "sad", True
    table = make_table(given, answers, label_by_hand=by_hand, excluded=excluded)
    listed = {row["path"]: row["by_hand"] for row in listed_errors(table, label_errors(table))}
    assert listed == {"3.png": "happy", "50.png": "excluded", "99.png": ""}


def test_a_class_without_faces_and_a_single_class_are_allowed(make_table: MakeTable) -> None:
    answers = np.random.default_rng(0).dirichlet([2, 2, 2], 30)
    assert label_errors(make_table([0, 2] * 15, answers))["label_quality"].between(0, 1).all()
    alone = label_errors(make_table([1] * 30, answers))
    assert np.allclose(alone["label_quality"], answers[:, 1])
    assert not alone["label_issue"].any()
