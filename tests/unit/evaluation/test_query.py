import numpy as np
import pandas as pd
import pytest

from fer.errors import ConfigError
from fer.evaluation.predictions import PredictionTable
from fer.evaluation.query import Query, cells, rows, slice_names

NAN = float("nan")
FRAME = pd.DataFrame(
    [  # faces 10–14 of a data set
        (10, "happy", "happy", 0.9, 0.1, True, 1.0, False),
        (11, "happy", "sad", 0.6, 0.9, False, 0.8, True),
        (12, "sad", "happy", 0.8, 1.5, False, 0.5, False),
        (13, "sad", "sad", 0.7, 0.3, True, NAN, True),
        (14, "sad", "happy", 0.6, 0.8, False, NAN, False),
    ],
    columns=["row", "label", "predicted", "confidence", "loss", "correct", "agreement",
             "in_training"],
)  # fmt: skip
TABLE = PredictionTable(
    frame=FRAME, labels=("happy", "sad"), model="m", dataset="d", split="test", tta="none",
    temperature=1.0,
)  # fmt: skip
SLICES = {
    "subject": pd.Series(["a", "a", "b: c", "b: c", None]),
    "label": FRAME["label"],
}
QUALITY = np.array([0.5, 0.1, 0.4, 0.2, 0.3])


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (Query(), [10, 12, 13, 11, 14]),
        (Query(answer="wrong"), [12, 11, 14]),
        (Query(answer="right"), [10, 13]),
        (Query(true="sad", predicted="happy"), [12, 14]),
        (Query(confidence=(0.65, 0.8)), [12, 13]),
        (Query(agreement="agree"), [10, 11]),
        (Query(agreement="disagree"), [12]),
        (Query(agreement="none"), [13, 14]),
        (Query(copies="yes"), [13, 11]),
        (Query(copies="no", answer="wrong"), [12, 14]),
        (Query(slice="subject: b: c"), [12, 13]),
        (Query(sort="unsure"), [11, 14, 13, 12, 10]),
        (Query(sort="loss"), [12, 11, 14, 13, 10]),
        (Query(sort="doubtful"), [11, 13, 14, 12, 10]),
    ],
)
def test_a_query_gives_the_positions_of_the_faces_that_fit_in_order(
    query: Query, wanted: list[int]
) -> None:
    assert rows(TABLE, query, SLICES, QUALITY).tolist() == wanted


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        (Query(), [[0, 0], [0, 0]]),
        (Query(answer="wrong"), [[0, 0], [0, 0]]),
        (Query(answer="wrong", true="sad", predicted="happy"), [[0, 0], [1, 0]]),
        (Query(true="happy"), [[1, 1], [0, 0]]),
        (Query(answer="wrong", true="happy"), [[0, 1], [0, 0]]),
        (Query(answer="right", predicted="sad"), [[0, 0], [0, 1]]),
        (Query(answer="wrong", true="sad", predicted="sad"), [[0, 0], [0, 0]]),
    ],
)
def test_a_query_chooses_cells_of_the_matrix_by_its_classes(
    query: Query, chosen: list[list[int]]
) -> None:
    assert cells(query, TABLE.labels).astype(int).tolist() == chosen


def test_slices_that_have_a_field_of_their_own_are_not_offered() -> None:
    assert slice_names(SLICES) == ["subject: a", "subject: b: c"]


def test_an_unknown_choice_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"query\.answer is 'rihgt'; known: wrong, right"):
        Query(answer="rihgt")


def test_sorting_by_doubt_needs_the_quality_of_the_labels() -> None:
    with pytest.raises(ConfigError, match="needs label_quality"):
        rows(TABLE, Query(sort="doubtful"), SLICES)
