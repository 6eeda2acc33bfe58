"""Accuracy by slice: by brightness, contrast, sharpness, and by any column."""

from typing import Any

import cv2
import numpy as np
import pandas as pd

from fer.data import Dataset
from fer.evaluation.intervals import accuracy_of
from fer.evaluation.predictions import PredictionTable

FEWEST_FACES = 20
_MOST_VALUES = 20
_NOT_SLICED = {
    "row", "path", "hash", "split", "predicted", "confidence", "entropy", "loss", "correct", "mean",
    "std", "excluded", "label_original", "label_by_hand", "label_given", "split_given",
}  # fmt: skip
_NAMES = {
    "label": "true emotion", "majority": "most people chose", "agreement": "agreement of people",
    "subject": "person", "width": "width in the file, px", "height": "height in the file, px",
}  # fmt: skip
_QUARTERS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")


def face_facts(dataset: Dataset, rows: np.ndarray) -> pd.DataFrame:
    """Brightness, contrast and sharpness of faces.

    Args:
        dataset: The data set.
        rows: Positions in it, shape (n,).

    Returns:
        `brightness` and `contrast` (mean and standard deviation of the grey values, 0–255) and
        `sharpness` (variance of the Laplacian), in the order of `rows`.
    """
    facts = np.empty((len(rows), 3))
    for i, row in enumerate(rows):
        face = dataset.pixels[row]
        grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) if face.shape[2] == 3 else face[:, :, 0]
        facts[i] = grey.mean(), grey.std(), cv2.Laplacian(grey, cv2.CV_32F).var()
    return pd.DataFrame(facts, columns=["brightness", "contrast", "sharpness"])


def slice_figures(table: PredictionTable, facts: pd.DataFrame) -> list[dict[str, Any]]:
    """Accuracy by slice, the worst first; slices of fewer than 20 faces are skipped.

    Args:
        table: The predictions.
        facts: Further columns for its rows, such as those of `face_facts`.

    Returns:
        `by` (the column), `value`, `images`, `accuracy` and `accuracy_ci95` of each slice.
    """
    rows = []
    for name, values in slice_columns(table, facts).items():
        for value, chosen in table.frame.groupby(values, observed=True)["correct"]:
            if len(chosen) >= FEWEST_FACES:
                rows.append({"by": name, "value": str(value), **accuracy_of(chosen)})
    return sorted(rows, key=lambda row: row["accuracy"])


def slice_name(by: str, value: str) -> str:
    """A slice as a reader calls it.

    >>> slice_name("in_training", "False"), slice_name("label", "sad")
    ('not in training', 'true emotion: sad')
    """
    if by == "in_training":
        return "also in training" if value == "True" else "not in training"
    return f"{_NAMES.get(by, by)}: {value}"


def slice_columns(table: PredictionTable, facts: pd.DataFrame) -> dict[str, pd.Series]:
    """The slice of each face by column: quarters of numbers, the values of anything else.

    Where the votes are the labels, the most chosen emotion is no column of its own.
    """
    frame = pd.concat([table.frame, facts], axis=1)
    if (frame["majority"] == frame["label"]).all():
        frame = frame.drop(columns="majority")
    slices = {}
    for name in map(str, frame.columns):
        if name in _NOT_SLICED or name.startswith("p_"):
            continue
        values = frame[name]
        if pd.api.types.is_float_dtype(values) or (
            pd.api.types.is_integer_dtype(values) and values.nunique() > _MOST_VALUES
        ):
            if values.nunique() > 1:
                slices[name] = _quarters(values)
        elif 1 < values.nunique() <= _MOST_VALUES:
            slices[name] = values.astype(str).replace("", "none")
    return slices


def _quarters(values: pd.Series) -> pd.Series:
    ranks = values.rank(method="average", pct=True)
    cut = pd.cut(ranks, [0, 0.25, 0.5, 0.75, 1], labels=list(_QUARTERS), include_lowest=True)
    edges = values.groupby(cut, observed=True).agg(["min", "max"])
    names = {
        quarter: f"{quarter} ({_short(row['min'])} to {_short(row['max'])})"
        for quarter, row in edges.iterrows()
    }
    return cut.astype(object).map(names)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
