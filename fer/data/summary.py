"""A data set and its audit, summarised."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fer.data.dataset import SPLITS, Dataset

SPLIT_NAMES = {split: split for split in SPLITS} | {
    "public_test": "PublicTest",
    "private_test": "PrivateTest",
    "": "no split",
}
"""Names of splits on screens; faces may be in none if votes are the truth."""


def split_name(split: str) -> str:
    """The name of a split on screens; of what is none, such as `all`, the same."""
    return SPLIT_NAMES.get(split, split)


_AVERAGED = 4000  # the most faces of a class; of more, evenly spread ones


def class_by_split(dataset: Dataset) -> pd.DataFrame:
    """Number of faces, with a row for each class and a column for each split of the data set."""
    index = dataset.index
    splits = [split for split in SPLITS if (index["split"] == split).any()]
    return pd.crosstab(index["label"], index["split"]).reindex(
        index=list(dataset.labels), columns=splits, fill_value=0
    )


def sentences(audit: Mapping[str, Any]) -> list[str]:
    """The findings of an audit (its `summary`) as sentences, most important first."""
    lines = []
    copies = audit["exact_duplicates"]
    for row in copies["across"]:
        if row["stands_in"] == "train":
            lines.append(
                f"{row['images']:,} faces of {SPLIT_NAMES[row['split']]} also occur in train: "
                "figures on them are too high."
            )
    for split, count in copies["redundant_within"].items():
        if count:
            lines.append(f"{count:,} redundant exact copies within {SPLIT_NAMES[split]}.")
    if copies["label_conflicts"]:
        lines.append(f"{copies['label_conflicts']:,} groups of equal faces have different labels.")
    if near := audit["near_duplicates"]["images"]:
        groups = audit["near_duplicates"]["groups"]
        lines.append(f"{near:,} faces in {groups:,} groups are nearly the same image.")
    if flat := audit["near_constant"]["images"]:
        where = ", ".join(
            f"{count:,} in {SPLIT_NAMES[split]}"
            for split, count in audit["near_constant"]["by_split"].items()
        )
        lines.append(f"{flat:,} images are blank or nearly so ({where}).")
    if votes := audit["votes"]:
        lines.append(
            f"The label is the majority vote for {votes['agreement']:.1%} of the "
            f"{votes['voted']:,} faces with votes."
        )
    imbalance = audit["imbalance"]
    if imbalance["ratio"] >= 1.5:
        lines.append(
            f"{imbalance['largest']} has {imbalance['ratio']:g} times as many faces as "
            f"{imbalance['smallest']}."
        )
    if audit["skipped"]:
        lines.append(f"{len(audit['skipped']):,} files or rows were skipped.")
    return lines or ["Nothing was found: no copies, no leaks, no blank images."]


def mean_faces(dataset: Dataset) -> dict[str, np.ndarray]:
    """The mean face of each class, shape (height, width, channels), uint8."""
    rows_of = dataset.index.groupby("label").indices
    means = {}
    for label in dataset.labels:
        if label in rows_of:
            step = -(-len(rows_of[label]) // _AVERAGED)
            mean = dataset.pixels[rows_of[label][::step]].mean(axis=0)
            means[label] = mean.round().astype(np.uint8)
    return means


def samples(dataset: Dataset, rng: np.random.Generator) -> dict[str, int]:
    """The position of one training face of each class, where it has one, that is not excluded."""
    usable = (dataset.index["split"] == "train").to_numpy() & ~dataset.excluded
    labels = dataset.index["label"].to_numpy()
    rows_of = {label: np.flatnonzero(usable & (labels == label)) for label in dataset.labels}
    return {label: int(rng.choice(rows)) for label, rows in rows_of.items() if len(rows)}
