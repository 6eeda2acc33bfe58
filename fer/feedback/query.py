"""Which corrections a reviewer looks at, and in which order."""

from dataclasses import dataclass

import numpy as np

from fer.feedback.contributors import SURE
from fer.feedback.review import Examined

FINDINGS = {
    "disputed": "people disagree",
    "suspect": "from a suspicious contributor",
    "contradicts": "contradicts the model where it is sure",
    "confirms": "confirms the model",
    "known": "a data set holds this face",
    "known_otherwise": "a data set labels it otherwise",
    "copies": "sent more than once",
    "unreliable": "too small or blurred to tell",
}
"""What a correction can be filtered by, with descriptions."""

SORTS = {
    "doubt": "Most doubtful first",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "face": "Equal faces together",
}
"""Orders, with descriptions."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """What to show; an empty value lets everything through."""

    status: str = ""
    contributor: str = ""
    verdict: str = ""
    predicted: str = ""
    finding: str = ""
    sort: str = "doubt"


def rows(examined: Examined, query: Query) -> np.ndarray:
    """The positions in the table of the corrections that fit, in the order asked for."""
    table = examined.table
    fits = np.ones(len(table), bool)
    for name in ("status", "contributor", "verdict", "predicted"):
        if wanted := getattr(query, name):
            fits &= (table[name] == wanted).to_numpy()
    if query.finding:
        fits &= found(examined, query.finding)
    return _sorted(examined, np.flatnonzero(fits), query.sort)


def found(examined: Examined, finding: str) -> np.ndarray:
    """Whether each correction has one of `FINDINGS`, shape (n,), bool."""
    table = examined.table
    judged = examined.findings.judged
    confirms = table["verdict"] == table["predicted"]
    is_found = {
        "disputed": lambda: table["group"].isin(judged.index[judged["for_it"] < judged["people"]]),
        "suspect": lambda: table["contributor"].isin(examined.suspects),
        "contradicts": lambda: ~confirms & (table["confidence"] >= SURE),
        "confirms": lambda: confirms,
        "known": lambda: table["known_in"] != "",
        "known_otherwise": lambda: (
            (table["known_in"] != "") & (table["known_label"] != table["verdict"])
        ),
        "copies": lambda: table["group"].duplicated(keep=False),
        "unreliable": lambda: table["unreliable_because"] != "",
    }[finding]()
    return np.asarray(is_found, bool)


def _sorted(examined: Examined, fitting: np.ndarray, sort: str) -> np.ndarray:
    table = examined.table.iloc[fitting]
    if sort == "oldest":
        return fitting
    if sort == "newest":
        return fitting[::-1]
    if sort == "face":
        return fitting[np.argsort(table["group"].to_numpy(), kind="stable")]
    return fitting[np.argsort(-_doubt(examined)[fitting], kind="stable")]


def _doubt(examined: Examined) -> np.ndarray:
    """How doubtful each verdict is: how little the model believes it, and how few others do.

    One from a suspect comes before all of these.
    """
    table, judged = examined.table, examined.findings.judged
    doubt = 1 - table["share"].fillna(0.0).to_numpy()
    opposed = 1 - (judged["for_it"] / judged["people"])
    doubt += table["group"].map(opposed).fillna(0.0).to_numpy()
    return np.asarray(doubt + 2 * table["contributor"].isin(examined.suspects).to_numpy())
