"""Crowd votes: how many of about ten people chose each emotion for a face (Barsoum et al. 2016)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from fer import emotions
from fer.errors import DatasetError

VOTES = (
    "neutral", "happy", "surprise", "sad", "angry",
    "disgust", "fear", "contempt", "unknown", "not_face",
)  # fmt: skip
"""The choices, in the order of FER+'s columns."""

COLUMNS = tuple(f"votes_{name}" for name in VOTES)
"""The votes' columns in the index of a data set, float32, NaN where a face has no votes."""

VOTES_FILE = "votes.csv"
"""Name of the file of votes beside images."""

LABEL_MODES = ("hard", "soft", "blend")
"""What a network learns about a face; see `Dataset.target_shares`."""

TRUTHS = ("label", "votes")
"""The correct answer for a face: the data set's label, or the choice of most annotators."""


def read_votes(file: Path) -> pd.DataFrame:
    """Read votes from a CSV, with the ten columns renamed to `COLUMNS`.

    Args:
        file: FER+'s `fer2013new.csv` or a sidecar `votes.csv`: ten vote columns under FER+'s names
            (`neutral, happiness, …, NF`) or this project's. Other columns are kept.

    Raises:
        DatasetError: If it is not a table, lacks a column, or a vote is not a count.
    """
    try:
        table = pd.read_csv(file, skipinitialspace=True)
    except (OSError, UnicodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DatasetError(f"'{file}' is not a table of votes ({error}). Expected a CSV.") from None
    names = {column: _vote_name(column) for column in table.columns}
    missing = [name for name in VOTES if name not in names.values()]
    if missing:
        raise DatasetError(
            f"'{file}' has no votes for {', '.join(missing)}. Expected the columns path, "
            f"{', '.join(VOTES)} (or FER+'s names for these)."
        )
    table = table.rename(columns={old: f"votes_{new}" for old, new in names.items() if new})
    counts = table[list(COLUMNS)].apply(pd.to_numeric, errors="coerce").astype("float32")
    wrong = np.flatnonzero(~(counts.ge(0).all(axis=1) & np.isfinite(counts).all(axis=1)))
    if len(wrong):
        raise DatasetError(
            f"'{file}', line {wrong[0] + 2}: expected ten counts of votes, 0 or more. "
            "Correct or remove that line."
        )
    return table.assign(**{column: counts[column] for column in COLUMNS})


def read_sidecar(file: Path, *, folder: str = "") -> pd.DataFrame:
    """`path` and the votes of a `votes.csv`, whose paths are relative to its folder.

    Args:
        file: The table.
        folder: That folder relative to the data set's root, with a slash at its end, or "".

    Raises:
        DatasetError: If it has no column `path`, or `read_votes` cannot read it.
    """
    votes = read_votes(file)
    if "path" not in votes:
        raise DatasetError(
            f"'{file}' has no column path. Expected the path of each image, relative to its folder."
        )
    votes["path"] = folder + votes["path"].astype(str).str.replace("\\", "/", regex=False)
    return votes[["path", *COLUMNS]].drop_duplicates("path", keep="last")


def _vote_name(column: str) -> str:
    name = column.strip().lower()
    if name in ("nf", "not_face", "not a face", "noface"):
        return "not_face"
    if name == "unknown":
        return name
    known = emotions.is_known(name) and emotions.canonical(name)
    return known if known in VOTES else ""


def shares(votes: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """The votes on some labels as shares.

    Args:
        votes: Shape (n, 10), in the order of `VOTES`; NaN where there are none.
        labels: The classes to share among; votes for anything else do not count.

    Returns:
        Shape (n, len(labels)), float32; a row sums to 1, or to 0 where nobody chose one of them.
    """
    counted = np.zeros((len(votes), len(labels)), np.float32)
    for column, label in enumerate(labels):
        if label in VOTES:
            counted[:, column] = np.nan_to_num(votes[:, VOTES.index(label)])
    totals = counted.sum(axis=1, keepdims=True)
    shared: np.ndarray = np.divide(counted, totals, out=counted, where=totals > 0)
    return shared


def top(votes: np.ndarray) -> np.ndarray:
    """The single choice with the most votes: index into `VOTES`, -1 where tied or without votes.

    Args:
        votes: Shape (n, 10), in the order of `VOTES`; NaN where there are none.
    """
    counts = np.nan_to_num(votes)
    most = counts.max(axis=1)
    unique = (counts == most[:, None]).sum(axis=1) == 1
    return np.where(unique & (most > 0), counts.argmax(axis=1), -1)
