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
    if query.splits:
        fits &= index["split"].isin(query.splits).to_numpy()
    if query.labels:
        fits &= index["label"].isin(query.labels).to_numpy()
    if query.opinion:
        fits &= report.opinion == ("" if query.opinion == "none" else query.opinion)
    if query.finding in FINDINGS:
        fits &= report.findings[query.finding].to_numpy()
    elif query.finding:
        fits &= dataset.excluded if query.finding == "excluded" else dataset.relabelled
    if query.text:
        fits &= index["path"].str.contains(query.text, case=False, regex=False).to_numpy(bool)
    selected = np.flatnonzero(fits)
    rows: np.ndarray = selected[_order(index, report, query, selected)]
    return rows


def _order(index: pd.DataFrame, report: Audit, query: Query, selected: np.ndarray) -> np.ndarray:
    if query.sort == "path":
        if query.finding in ("duplicate", "conflict", "leak"):
            return np.argsort(report.copy_group[selected], kind="stable")  # copies side by side
        if query.finding == "near_duplicate":
            return np.argsort(report.near_group[selected], kind="stable")
        return np.arange(len(selected))
    values = {
        "dark": index["mean"],
        "bright": -index["mean"],
        "flat": index["std"],
        "doubtful": pd.Series(report.agreement),
        "certain": -pd.Series(report.agreement),
    }[query.sort]
    return np.argsort(values.to_numpy()[selected], kind="stable")  # NaN comes last
