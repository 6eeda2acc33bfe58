"""A selection of a data set's faces, and its order."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer.data.audit import FINDINGS, Audit
from fer.data.dataset import Dataset
from fer.errors import ConfigError

ANNOTATED: Mapping[str, str] = {"excluded": "excluded by hand", "relabelled": "relabelled by hand"}

OPINIONS: Mapping[str, str] = {
    "agree": "annotators agree with the label",
    "disagree": "annotators chose another label",
    "tied": "annotators were tied",
    "none": "no votes",
}

SORTS: Mapping[str, str] = {
    "path": "file name",
    "dark": "darkest first",
    "bright": "brightest first",
    "flat": "least contrast first",
    "doubtful": "most doubtful label first",
    "certain": "most certain label first",
}


@dataclass(frozen=True, kw_only=True)
class Query:
    """What to select; an empty value selects all.

    Attributes:
        splits: Values of the index column `split`.
        labels: Classes.
        opinion: One of `OPINIONS`.
        finding: One of `FINDINGS` or `ANNOTATED`.
        text: Part of the file name, whatever the case.
        sort: One of `SORTS`.
    """

    splits: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    opinion: str = ""
    finding: str = ""
    text: str = ""
    sort: str = "path"

    def __post_init__(self) -> None:
        for name, known in (
            ("opinion", OPINIONS), ("finding", {**FINDINGS, **ANNOTATED}), ("sort", SORTS)
        ):  # fmt: skip
            if (value := getattr(self, name)) and value not in known:
                raise ConfigError(f"query.{name} is '{value}'; known: {', '.join(known)}.")


def rows(dataset: Dataset, report: Audit, query: Query) -> np.ndarray:
    """Positions in the index of the faces that fit, in order; shape (m,), int64."""
    index = dataset.index
    fits = np.ones(len(index), bool)
    for column, wanted in (("split", query.splits), ("label", query.labels)):
        if wanted:
            fits &= index[column].isin(wanted).to_numpy()
    if query.opinion:
        opinion = "" if query.opinion == "none" else query.opinion
        fits &= (report.faces["opinion"] == opinion).to_numpy()
    if query.finding in FINDINGS:
        fits &= report.faces[query.finding].to_numpy()
    elif query.finding:
        fits &= dataset.excluded if query.finding == "excluded" else dataset.relabelled
    if query.text:
        fits &= index["path"].str.contains(query.text, case=False, regex=False).to_numpy(bool)
    selected = np.flatnonzero(fits)
    rows: np.ndarray = selected[_order(index, report.faces, query)[selected].argsort(kind="stable")]
    return rows


def _order(index: pd.DataFrame, faces: pd.DataFrame, query: Query) -> np.ndarray:
    """A number for each face; they are shown in ascending order of it, NaN last."""
    if query.sort == "path":
        if query.finding in ("duplicate", "conflict", "leak"):
            return faces["copy_group"].to_numpy()  # copies side by side
        if query.finding == "near_duplicate":
            return faces["near_group"].to_numpy()
        return np.arange(len(index))
    values: pd.Series = {
        "dark": index["mean"],
        "bright": -index["mean"],
        "flat": index["std"],
        "doubtful": faces["agreement"],
        "certain": -faces["agreement"],
    }[query.sort]
    return values.to_numpy()
