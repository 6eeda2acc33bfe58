"""Which faces of a prediction table to show, and in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer.errors import ConfigError
from fer.evaluation.caveats import AGREED
from fer.evaluation.predictions import PredictionTable

ANSWERS: Mapping[str, str] = {"wrong": "misclassified", "right": "right", "": "all faces"}
AGREEMENTS: Mapping[str, str] = {
    "": "any", "agree": "people agree", "disagree": "people disagree", "none": "no votes",
}  # fmt: skip
COPIES: Mapping[str, str] = {"": "any", "yes": "also in training", "no": "not in training"}
SORTS: Mapping[str, str] = {
    "confident": "most confident",
    "unsure": "least confident",
    "loss": "highest loss",
    "doubtful": "likeliest label error",
}

_HAVE_FIELDS = ("label", "in_training")


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which faces to show; an empty value shows all.

    Attributes:
        answer: One of `ANSWERS`.
        true: The true class.
        predicted: The predicted class.
        confidence: The least and the greatest, 0–1.
        agreement: One of `AGREEMENTS`.
        copies: One of `COPIES`: whether the face or an exact copy of it was used in training.
        slice: One of `slice_names`.
        sort: One of `SORTS`.
    """

    answer: str = ""
    true: str = ""
    predicted: str = ""
    confidence: tuple[float, float] = (0.0, 1.0)
    agreement: str = ""
    copies: str = ""
    slice: str = ""
    sort: str = "confident"

    def __post_init__(self) -> None:
        for name, known in (
            ("answer", ANSWERS), ("agreement", AGREEMENTS), ("copies", COPIES), ("sort", SORTS)
        ):  # fmt: skip
            if (value := getattr(self, name)) not in known:
                raise ConfigError(f"query.{name} is '{value}'; known: {', '.join(known)}.")


def cells(query: Query, labels: Sequence[str]) -> np.ndarray:
    """Which cells of the confusion matrix a query chooses by its classes, shape (k, k), bool.

    Rows are true, columns predicted, in the order of `labels`; without a class, none is chosen.
    """
    chosen = np.full((len(labels), len(labels)), bool(query.true or query.predicted))
    if query.true:
        chosen &= np.array([label == query.true for label in labels])[:, None]
    if query.predicted:
        chosen &= np.array([label == query.predicted for label in labels])
    if query.answer:
        chosen &= np.eye(len(labels), dtype=bool) == (query.answer == "right")
    return chosen


def slice_names(slices: Mapping[str, pd.Series]) -> list[str]:
    """Slices to choose from, as `column: value`, without what a query has fields for.

    Args:
        slices: As `fer.evaluation.slices.slice_columns` gives them.
    """
    return [
        f"{column}: {value}"
        for column, values in slices.items()
        if column not in _HAVE_FIELDS
        for value in sorted(map(str, values.dropna().unique()))
    ]


def rows(
    table: PredictionTable,
    query: Query,
    slices: Mapping[str, pd.Series],
    label_quality: np.ndarray | None = None,
) -> np.ndarray:
    """Positions in the data set of the faces that match, in order; shape (m,), int64.

    Args:
        table: The predictions.
        query: What to show.
        slices: As `fer.evaluation.slices.slice_columns` gives them.
        label_quality: As `fer.evaluation.label_errors` gives it; needed to sort by `doubtful`.
    """
    frame = table.frame
    matches = np.array(frame["confidence"].between(*query.confidence))
    if query.answer:
        matches &= frame["correct"].to_numpy(bool) == (query.answer == "right")
    for column, wanted in (("label", query.true), ("predicted", query.predicted)):
        if wanted:
            matches &= (frame[column] == wanted).to_numpy(bool)
    if query.agreement:
        agreement = frame["agreement"].to_numpy(np.float64)
        matches &= {
            "agree": agreement >= AGREED,
            "disagree": agreement < AGREED,
            "none": np.isnan(agreement),
        }[query.agreement]
    if query.copies:
        matches &= frame["in_training"].to_numpy(bool) == (query.copies == "yes")
    if query.slice:
        column, _, value = query.slice.partition(": ")
        matches &= (slices[column].astype(str) == value).to_numpy(bool)
    order = {
        "confident": -frame["confidence"].to_numpy(),
        "unsure": frame["confidence"].to_numpy(),
        "loss": -frame["loss"].to_numpy(),
        "doubtful": label_quality,
    }[query.sort]
    if order is None:
        raise ConfigError("query.sort is 'doubtful', which needs label_quality. Pass it.")
    chosen = np.flatnonzero(matches)
    chosen = chosen[np.argsort(order[chosen], kind="stable")]
    return frame["row"].to_numpy(np.int64)[chosen]
