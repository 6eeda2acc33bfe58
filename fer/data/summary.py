"""A data set and its audit, summarised."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fer.data.dataset import SPLITS, Dataset
from fer.data.splits import TEST_SPLITS
from fer.wording import counted, split_name

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
    classes = [label for label, counts in audit["classes"].items() if sum(counts.values())]
    has_test = any(split in TEST_SPLITS for split in audit["splits"])
    if len(classes) == 1:
        lines.append(f"All faces are {classes[0]}: a network needs two classes or more to learn.")
    if not has_test:
        lines.append("No face is in a test part: no model can be measured on this data set.")
    copies = audit["exact_duplicates"]
    for row in copies["across"]:
        if row["stands_in"] == "train":
            faces, occur = counted(row["images"], "face"), _verb(row["images"], "occurs", "occur")
            lines.append(
                f"{faces} of {split_name(row['split'])} also {occur} in train: "
                "figures on them are too high."
            )
    for split, count in copies["redundant_within"].items():
        if count:
            redundant = counted(count, "redundant exact copy", "redundant exact copies")
            lines.append(f"{redundant} within {split_name(split)}.")
    if count := copies["label_conflicts"]:
        groups = counted(count, "group of equal faces", "groups of equal faces")
        lines.append(f"{groups} {_verb(count, 'has', 'have')} different labels.")
    if near := audit["near_duplicates"]["images"]:
        groups = counted(audit["near_duplicates"]["groups"], "group")
        lines.append(f"{counted(near, 'face')} in {groups} are nearly the same image.")
    if flat := audit["near_constant"]["images"]:
        where = ", ".join(
            f"{count:,} in {split_name(split)}"
            for split, count in audit["near_constant"]["by_split"].items()
        )
        are = _verb(flat, "is", "are")
        lines.append(f"{counted(flat, 'image')} {are} blank or nearly so ({where}).")
    if votes := audit["votes"]:
        lines.append(
            f"The label is the majority vote for {votes['agreement']:.1%} of "
            f"{counted(votes['voted'], 'face')} with votes."
        )
    imbalance = audit["imbalance"]
    if imbalance["ratio"] >= 1.5:
        lines.append(
            f"{imbalance['largest']} has {imbalance['ratio']:g} times as many faces as "
            f"{imbalance['smallest']}."
        )
    if count := len(audit["skipped"]):
        was = _verb(count, "was", "were")
        lines.append(f"{counted(count, 'file or row', 'files or rows')} {was} skipped.")
    return lines or ["Nothing was found: no copies, no leaks, no blank images."]


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


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
