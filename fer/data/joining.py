"""One data set to learn from, with the training faces of another on top."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pandas as pd

from fer.data.dataset import Dataset
from fer.data.gathering import gather
from fer.errors import DatasetError

_COLUMN = "extra"


def with_extra(
    dataset: Dataset,
    extra: Dataset,
    *,
    labels: Collection[str] = (),
    times: int = 1,
    balance: float = 0.0,
    replay: float = 1.0,
    seed: int = 0,
) -> Dataset:
    """A data set with the training faces of another one, to be learnt from.

    An extra face with an exact copy among the other faces to validate or to test on is left out.

    Args:
        dataset: Gives classes, and the faces to validate on; its test faces stay out.
        extra: Gives faces of its split `train`, of the same shape.
        labels: The classes that are learnt, all by default; extra faces of others are left out, so
            that they do not count for the balance.
        times: How often each of these is there, on average.
        balance: How much more often those of rare classes are there: 0 for as often as all others,
            1 for as many faces of each class.
        replay: Share of the first one's training faces that is there, 0–1.
        seed: Seed of what is drawn.

    Returns:
        The faces to learn and to validate on, in memory or in an unnamed temporary file.

    Raises:
        DatasetError: If the extra one has no face to learn.
    """
    index, other = dataset.index, extra.index
    rng = np.random.default_rng(seed)
    train = np.flatnonzero(index["split"] == "train")
    replayed = rng.permutation(train)[: round(replay * len(train))]
    own = np.sort(np.concatenate([replayed, np.flatnonzero(index["split"] == "validation")]))
    measuring = index["hash"][index["split"] != "train"]
    is_learnt = (other["split"] == "train") & ~extra.excluded & ~other["hash"].isin(measuring)
    if labels:
        is_learnt &= other["label"].isin(labels)
    if not is_learnt.any():
        raise DatasetError(
            f"'{extra.name}' has no face to learn beside '{dataset.name}': none in its split "
            "train that has a class to learn and is not also among the faces to validate or to "
            "test on."
        )
    learnt = np.flatnonzero(is_learnt)
    repeats = times * _balanced(other["label"].iloc[learnt], balance)
    # A face that counts 2.3 times is there twice, and by chance a third time.
    rows = np.repeat(learnt, (repeats + rng.random(len(learnt))).astype(int))
    added = other.iloc[rows]
    added = added.assign(
        path=f"{extra.name}:" + added["path"], label_given=added["label"], split_given="train"
    )
    added = added[[name for name in added if name in index]]
    joined = [index.iloc[own].assign(**{_COLUMN: False}), added.assign(**{_COLUMN: True})]
    return replace(
        dataset,
        index=pd.concat(joined, ignore_index=True),
        pixels=gather((dataset.pixels, own), (extra.pixels, rows)),
    )


def _balanced(labels: pd.Series, balance: float) -> np.ndarray:
    """How often each face counts, shape (n,); the mean is 1."""
    counts = labels.map(labels.value_counts()).to_numpy(np.float64)
    weights = counts**-balance
    balanced: np.ndarray = weights / weights.mean()
    return balanced


def extra_faces(dataset: Dataset) -> np.ndarray:
    """Which faces came from the extra data set, shape (n,), bool."""
    return np.array(dataset.index.get(_COLUMN, np.zeros(len(dataset))), bool)
