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
            (`neutral, happiness, …, NF`) or this project's. Of the others, `path` is kept.

    Raises:
        DatasetError: If it is not a table, lacks a column, or a vote is not a count.
    """
    try:
        table = pd.read_csv(file, skipinitialspace=True, dtype=str, usecols=_is_read)
    except (OSError, UnicodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DatasetError(f"'{file}' is not a table of votes ({error}). Expected a CSV.") from None
    names = {column: vote_name(column) for column in table.columns}
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


def _is_read(column: object) -> bool:
    return str(column).strip() == "path" or bool(vote_name(str(column)))


def add_votes(
    table: pd.DataFrame, root: Path, files: Sequence[str], skipped: list[tuple[str, str]]
) -> pd.DataFrame:
    """Add the votes of every `votes.csv`, whose paths are relative to its folder, to the faces.

    Args:
        table: The faces, with the column `path`.
        root: The data set's folder.
        files: The paths of the files, relative to it.
        skipped: Receives each file that names images that are not among the faces.

    Raises:
        DatasetError: If one has no column `path`, or `read_votes` cannot read it.
    """
    known = set(table["path"].tolist())
    sidecars = []
    for name in files:
        votes = read_votes(root / name)
        if "path" not in votes:
            raise DatasetError(
                f"'{root / name}' has no column path. Expected the path of each image, relative "
                "to its folder."
            )
        paths = votes["path"].astype(str).str.replace("\\", "/", regex=False)
        votes["path"] = name.removesuffix(VOTES_FILE) + paths
        sidecars.append(votes[["path", *COLUMNS]].drop_duplicates("path", keep="last"))
        if strangers := len(set(sidecars[-1]["path"].tolist()) - known):
            skipped.append((name, f"{strangers:,} of its rows name no image of this data set"))
    if not sidecars:
        return table
    all_votes = pd.concat(sidecars).drop_duplicates("path", keep="last")
    return table.merge(all_votes, on="path", how="left")


def with_votes(table: pd.DataFrame, kind: str = "crowd") -> str:
    """How many faces have votes, as the end of a sentence; "" if none has."""
    voted = int(table[COLUMNS[0]].notna().sum()) if COLUMNS[0] in table else 0
    return f", {kind} votes for {voted:,}" if voted else ""


def vote_name(column: str) -> str:
    """Which of `VOTES` a column's name stands for; "" if none."""
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

    The votes have shape (n, 10), in the order of `VOTES`, and are NaN where there are none.
    """
    counts = np.nan_to_num(votes)
    most = counts.max(axis=1)
    unique = (counts == most[:, None]).sum(axis=1) == 1
    return np.where(unique & (most > 0), counts.argmax(axis=1), -1)


def check_truth(truth: str, name: str, *, has_votes: bool) -> None:
    """Check that the data set of this name has the votes that a truth needs.

    Raises:
        DatasetError: If it has none.
    """
    if truth == "votes" and not has_votes:
        raise DatasetError(
            f"truth is 'votes', and '{name}' has none. Use 'label', or put a {VOTES_FILE} beside "
            "the data (beside fer2013.csv, fer2013new.csv will do)."
        )


def labelled(index: pd.DataFrame, name: str) -> pd.DataFrame:
    """The index of the data set of that name, labelled by votes as `Dataset.by_votes` describes.

    Raises:
        DatasetError: If it has no votes.
    """
    check_truth("votes", name, has_votes=COLUMNS[0] in index)
    counted = index[list(COLUMNS)].to_numpy(np.float32)
    best, names = top(counted), np.array(VOTES, np.object_)
    own = index.get("label_original", index["label"]).to_numpy(np.object_)
    split = index["split"].to_numpy(np.object_)
    single = (best >= 0) & (best < VOTES.index("unknown"))
    tied = (best < 0) & (np.nan_to_num(counted[:, : VOTES.index("unknown")]).sum(1) > 0)
    decided = single | (tied & (split == "train"))
    voted = np.where(single, names[best], own)
    by_hand = np.array(index.get("label_by_hand", [""] * len(index)), np.object_)
    is_by_hand = by_hand != ""
    return index.assign(
        label=np.where(is_by_hand, by_hand, voted),
        split=np.where(decided | is_by_hand, split, ""),
        label_given=own,
        split_given=index["split"],
        label_original=np.where(decided, voted, ""),
    )
