"""An audit of a data set: counts, copies, leaks, blank images, doubtful labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

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


@dataclass(frozen=True, kw_only=True, eq=False)
class Audit:
    """The findings.

    Attributes:
        summary: Figures, made of plain numbers, text, lists and dictionaries.
        findings: One row per face in the order of the index, one bool column for each of
            `FINDINGS`.
        copy_group: Shape (n,), int64: the same number for exact copies; -1 for a face without.
        near_group: Shape (n,), int64: the same number for near duplicates; -1 for others.
        opinion: Shape (n,), text: how the majority vote compares with the label, `agree`,
            `disagree` or `tied`; "" without votes.
        agreement: Shape (n,), float32: share of the votes that the label has; NaN without votes.
    """

    summary: dict[str, Any]
    findings: pd.DataFrame
    copy_group: np.ndarray
    near_group: np.ndarray
    opinion: np.ndarray
    agreement: np.ndarray


def audit(dataset: Dataset, *, near: np.ndarray | None = None) -> Audit:
    """Examine a data set as it is, including faces that were excluded by hand.

    Args:
        dataset: Loaded with `validation_fraction=0`, so that its own splits are
            examined, not one that was made for training.
        near: The result of `near_duplicates` for these pixels, if known; the slowest part.
    """
    index = dataset.index
    copies, hashes = pd.factorize(index["hash"])
    counts = np.bincount(copies, minlength=len(hashes))
    near = near_duplicates(dataset.pixels, copies) if near is None else near
    labels_of = index.groupby(copies)["label"].nunique().to_numpy()
    in_train = np.zeros(len(hashes), bool)
    in_train[copies[(index["split"] == "train").to_numpy()]] = True
    opinion, agreement = _opinions(dataset)
    findings = pd.DataFrame(
        {
            "duplicate": counts[copies] > 1,
            "leak": in_train[copies] & (index["split"] != "train").to_numpy(),
            "conflict": labels_of[copies] > 1,
            "near_duplicate": near >= 0,
            "near_constant": (index["std"] < NEAR_CONSTANT_STD).to_numpy(),
            "disagreement": opinion == "disagree",
        }
    )
    by_class = class_by_split(dataset)
    splits = list(by_class.columns)
    totals = by_class.sum(axis=1)
    flat = index[findings["near_constant"].to_numpy()]
    summary = {
        "name": dataset.name,
        "source_format": dataset.source_format,
        "images": len(dataset),
        "excluded": int(dataset.excluded.sum()),
        "relabelled": int(dataset.relabelled.sum()),
        "classes": {str(label): _ints(row) for label, row in by_class.iterrows()},
        "splits": {split: int(by_class[split].sum()) for split in splits},
        "imbalance": {
            "largest": str(totals.idxmax()),
            "smallest": str(totals.idxmin()),
            "ratio": round(float(totals.max() / max(totals.min(), 1)), 2),
        },
        "exact_duplicates": {
            "redundant": int(len(index) - len(hashes)),
            "redundant_within": {
                split: int(part.duplicated().sum())
                for split, part in index.groupby("split")["hash"]
            },
            "across": _across(index, splits),
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
            "by_split": _ints(flat["split"].value_counts()),
        },
        "skipped": [{"path": path, "reason": reason} for path, reason in dataset.skipped],
        "votes": _vote_figures(dataset, opinion),
    }
    return Audit(
        summary=summary,
        findings=findings,
        copy_group=np.where(counts[copies] > 1, copies, -1),
        near_group=near,
        opinion=opinion,
        agreement=agreement,
    )


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


def _ints(counts: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in counts.items()}
