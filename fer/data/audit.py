"""An audit of a data set: counts, copies, leaks, blank images, doubtful labels."""

from collections.abc import Mapping
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from fer.data.dataset import Dataset
from fer.data.near_duplicates import near_duplicates
from fer.data.summary import class_by_split
from fer.data.votes import VOTES, top

NEAR_CONSTANT_STD = 1.0
"""Standard deviation of the grey values below which an image is blank."""

FINDINGS: Mapping[str, str] = {
    "duplicate": "has exact copies",
    "leak": "a test or validation face that also occurs in train",
    "conflict": "equal to a face with another label",
    "near_duplicate": "nearly the same as another",
    "near_constant": "blank or nearly so",
    "disagreement": "annotators chose another label",
}
"""Findings about one face, with their descriptions."""


class Audit(NamedTuple):
    """The findings.

    Attributes:
        summary: Figures, made of plain numbers, text, lists and dictionaries.
        faces: One row per face in the order of the index: a bool column for each of `FINDINGS`;
            `copy_group` and `near_group`, the same number for exact copies and for near
            duplicates, -1 for a face without; `opinion`, how the majority vote compares with the
            label, `agree`, `disagree` or `tied`, "" without votes; `agreement`, the label's share
            of the votes, float32, NaN without votes.
    """

    summary: dict[str, Any]
    faces: pd.DataFrame


def audit(dataset: Dataset, *, near: np.ndarray | None = None) -> Audit:
    """Examine a data set as it was given; its annotations are only counted.

    Args:
        dataset: Loaded with `validation_fraction=0`, so that its own splits are
            examined, not one that was made for training.
        near: The result of `near_duplicates` for these pixels, if known; the slowest part.
    """
    excluded, relabelled = int(dataset.excluded.sum()), int(dataset.relabelled.sum())
    dataset = dataset.as_given
    index = dataset.index
    copies, hashes = pd.factorize(index["hash"])
    counts = np.bincount(copies, minlength=len(hashes))
    near = near_duplicates(dataset.pixels, copies) if near is None else near
    labels_of = index.groupby(copies)["label"].nunique().to_numpy()
    in_train = np.zeros(len(hashes), bool)
    in_train[copies[(index["split"] == "train").to_numpy()]] = True
    opinion, agreement = _opinions(dataset)
    faces = pd.DataFrame(
        {
            "duplicate": counts[copies] > 1,
            "leak": in_train[copies] & (index["split"] != "train").to_numpy(),
            "conflict": labels_of[copies] > 1,
            "near_duplicate": near >= 0,
            "near_constant": (index["std"] < NEAR_CONSTANT_STD).to_numpy(),
            "disagreement": opinion == "disagree",
            "copy_group": np.where(counts[copies] > 1, copies, -1),
            "near_group": near,
            "opinion": opinion,
            "agreement": agreement,
        }
    )
    by_class = class_by_split(dataset)
    totals = by_class.sum(axis=1)
    flat = index[faces["near_constant"].to_numpy()]
    summary = {
        "name": dataset.name,
        "source_format": dataset.source_format,
        "images": len(dataset),
        "excluded": excluded,
        "relabelled": relabelled,
        "classes": by_class.to_dict("index"),
        "splits": by_class.sum().to_dict(),
        "imbalance": {
            "largest": str(totals.idxmax()),
            "smallest": str(totals.idxmin()),
            "ratio": round(float(totals.max() / max(totals.min(), 1)), 2),
        },
        "exact_duplicates": {
            "redundant": int(len(index) - len(hashes)),
            "redundant_within": (
                index.duplicated(["split", "hash"]).groupby(index["split"]).sum().to_dict()
            ),
            "across": _across(index, list(by_class.columns)),
            "label_conflicts": int((labels_of > 1).sum()),
            "label_conflicts_within_train": int(
                (index[index["split"] == "train"].groupby("hash")["label"].nunique() > 1).sum()
            ),
        },
        "near_duplicates": {
            "images": int((near >= 0).sum()),
            "groups": len(np.unique(near[near >= 0])),
        },
        "near_constant": {
            "images": len(flat),
            "blank": int((flat["std"] == 0).sum()),
            "by_split": flat["split"].value_counts().to_dict(),
        },
        "skipped": [{"path": path, "reason": reason} for path, reason in dataset.skipped],
        "votes": _vote_figures(dataset, opinion),
    }
    return Audit(summary, faces)


def _across(index: pd.DataFrame, splits: list[str]) -> list[dict[str, Any]]:
    """For each ordered pair of splits, how many faces of one also occur in the other."""
    hashes = {split: index.loc[index["split"] == split, "hash"] for split in splits}
    return [
        {"split": split, "stands_in": other, "images": images}
        for split, other in permutations(splits, 2)
        if (images := int(hashes[split].isin(hashes[other]).sum()))
    ]


def _opinions(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    votes = dataset.votes
    if votes is None:
        return np.full(len(dataset), ""), np.full(len(dataset), np.nan, np.float32)
    voted = ~np.isnan(votes).any(axis=1)
    best = top(votes)
    label = pd.Index(VOTES).get_indexer(pd.Index(dataset.index["label"]))
    opinion = np.where(best < 0, "tied", np.where(best == label, "agree", "disagree"))
    for_label = np.where(label < 0, 0, votes[np.arange(len(votes)), label])
    return np.where(voted, opinion, ""), (for_label / votes.sum(axis=1)).astype(np.float32)


def _vote_figures(dataset: Dataset, opinion: np.ndarray) -> dict[str, Any] | None:
    votes = dataset.votes
    voted = opinion != ""
    if votes is None or not voted.any():
        return None
    agrees = pd.Series(opinion[voted] == "agree")
    by_class = agrees.groupby(dataset.index["label"].to_numpy()[voted]).mean()
    return {
        "voted": int(voted.sum()),
        "agree": int(agrees.sum()),
        "agreement": round(float(agrees.mean()), 4),
        "tied": int((opinion == "tied").sum()),
        "not_face_or_unknown": int((top(votes) >= VOTES.index("unknown")).sum()),
        "agreement_by_class": {str(label): round(float(n), 4) for label, n in by_class.items()},
    }
