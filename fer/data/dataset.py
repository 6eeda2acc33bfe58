"""A data set: an index with one row per face, and the pixels beside it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from fer import emotions
from fer.data import votes
from fer.data.gathering import gather
from fer.data.in_memory import list_arrays, measure
from fer.data.splits import TEST_SPLITS, assign_missing
from fer.errors import ConfigError, DatasetError
from fer.progress import Progress

SPLITS = ("train", "validation", "test", "public_test", "private_test")
"""Values of the index column `split`; FER-2013's PublicTest and PrivateTest have their own."""

_SPLIT_NAMES = {"publictest": "public_test", "privatetest": "private_test", "training": "train"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Faces with their labels and splits.

    Attributes:
        name: The data set's name on screens and in cards.
        index: One row per face, with `path` (relative to the root, with forward slashes),
            `label`, `split`, `width` and `height` (pixels of the file), `hash` (of its pixels),
            `mean` and `std` (of its grey values, 0–255), `subject` (the person, "" if not
            known), `excluded`, `label_original` (without annotations) and `label_by_hand` ("" if
            there is none; see `fer.data.annotations`), and where the data set has votes
            `votes_<name>` for each of `fer.data.votes.VOTES`.
        pixels: Shape (n, height, width, channels), uint8, in the order of the index; mapped
            from disk where the data set comes from there, so that it costs no memory.
        labels: The classes, in the one order of `fer.emotions`.
        split_rule: How the splits were made, in a sentence.
        synthetic: Whether the faces are drawn rather than photographed.
        skipped: (path, reason) of every file and row that was skipped.
        source_format: What the source was recognised as, in a sentence.
        folder: Where index, pixels and annotations are kept; None if only in memory.
        truth: What the labels are: `label`, the data set's own, or `votes`; see `by_votes`.
    """

    name: str
    index: pd.DataFrame
    pixels: np.ndarray
    labels: tuple[str, ...]
    split_rule: str
    synthetic: bool = False
    skipped: tuple[tuple[str, str], ...] = ()
    source_format: str = ""
    folder: Path | None = None
    truth: str = "label"

    @classmethod
    def from_arrays(
        cls,
        images: np.ndarray,
        labels: Sequence[object] | np.ndarray,
        *,
        splits: Sequence[object] | np.ndarray | None = None,
        subjects: Sequence[object] | np.ndarray | None = None,
        classes: Sequence[str] | Mapping[object, str | None] | None = None,
        custom_classes: bool = False,
        name: str = "arrays",
        height: int = 48,
        width: int = 48,
        channels: int = 1,
        validation_fraction: float = 0.2,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> "Dataset":
        """A data set of arrays, to evaluate or train on; it stays in memory.

        >>> import numpy as np
        >>> faces = np.random.default_rng(0).random((20, 48, 48))
        >>> dataset = Dataset.from_arrays(faces, ["happy", "sad"] * 10)
        >>> dataset.splits
        {'train': 12, 'validation': 4, 'test': 4}

        Args:
            images: Grey (n, h, w) or (n, h, w, 1), or RGB (n, h, w, 3): uint8 or other numbers
                from 0 to 255, or floats from 0 to 1. OpenCV's BGR has to be turned around.
            labels: The emotion of each image: its name, or a number with `classes`; or one-hot
                rows, shape (n, classes).
            splits: `train`, `validation` or `test` for each image, "" for none; None to choose a
                test part out of all, as `load_dataset` does.
            subjects: The person on each image, "" if not known.
            classes: The names of the numbers, in order, or what each label means, as in
                `load_dataset`.
            custom_classes: Keep unknown emotions as classes of their own.
            name: Its name in cards and reports.
            height: Height in pixels that images are scaled to: that of the network.
            width: Width in pixels that images are scaled to.
            channels: 1 for grey, 3 for RGB.
            validation_fraction: Share of train to hold out for validation if there is none, 0–1.
            seed: Seed of what is held out.
            progress: Called with images done and images planned.

        Raises:
            DatasetError: If arrays do not fit together, values are out of range, or a class is
                unknown.
            ConfigError: If a number is impossible.
        """
        check_reading(height, width, channels, validation_fraction, seed)
        listing = list_arrays(
            images, labels, name=name, splits=splits, subjects=subjects,
            classes=classes, custom_classes=custom_classes,
        )  # fmt: skip
        index, pixels = measure(listing, (height, width, channels), progress=progress)
        rule = assign_missing(index, validation_fraction=validation_fraction, seed=seed)
        return cls(
            name=name,
            index=index,
            pixels=pixels,
            labels=emotions.ordered(index["label"].unique()),
            split_rule=rule,
            skipped=listing.skipped,
            source_format=listing.source_format,
        )

    def __len__(self) -> int:
        return len(self.index)

    @property
    def targets(self) -> np.ndarray:
        """Class index into `labels` of every face, shape (n,), int64."""
        return self.targets_among(self.labels)

    def targets_among(self, labels: Sequence[str]) -> np.ndarray:
        """Class index into other labels, shape (n,), int64; -1 where they lack the class."""
        return pd.Index(labels).get_indexer(pd.Index(self.index["label"])).astype(np.int64)

    @property
    def votes(self) -> np.ndarray | None:
        """Shape (n, 10), float32, in the order of `VOTES`, NaN rows without; None if none has."""
        if votes.COLUMNS[0] not in self.index:
            return None
        return self.index[list(votes.COLUMNS)].to_numpy(np.float32)

    def target_shares(self, labels: Sequence[str], *, mode: str) -> np.ndarray:
        """What a network should answer for each face.

        Args:
            labels: The classes.
            mode: `hard`: the label, one-hot. `soft`: the votes' shares among the labels. `blend`:
                the mean of these two. Where a face has no votes on these labels, or its label was
                set by hand, its label counts.

        Returns:
            Shape (n, len(labels)), float32. Rows sum to 1, or to 0 if the label is not among them.
        """
        if mode not in votes.LABEL_MODES:
            known = ", ".join(votes.LABEL_MODES)
            raise DatasetError(f"Unknown label mode '{mode}'. Known: {known}.")
        targets = self.targets_among(labels)
        one_hot = np.zeros((len(self), len(labels)), np.float32)
        rows = np.flatnonzero(targets >= 0)
        one_hot[rows, targets[rows]] = 1
        if mode == "hard" or self.votes is None:
            return one_hot
        shares = votes.shares(self.votes, labels)
        voted = (shares.sum(axis=1) > 0) & (self._by_hand == "")
        if mode == "blend":
            shares = (one_hot + shares) / 2
        return np.where(voted[:, None], shares, one_hot)

    def by_votes(self) -> "Dataset":
        """The same faces, labelled by the single choice that most annotators made.

        Faces without one (a tie, no votes, "unknown" or "no face") belong to no split any more,
        but for ties in `train`, which soft targets can express: they keep their label. A label
        that was set by hand stays. The index gets `label_given` and `split_given`, the data set's
        own; `label_original` is what the votes give, "" if they leave the face without a split.

        Raises:
            DatasetError: If the data set has no votes.
        """
        index = votes.labelled(self.index, self.name)
        return replace(
            self,
            index=index,
            labels=emotions.ordered(index.loc[index["split"] != "", "label"].unique()),
            split_rule=f"{self.split_rule}; labels are the single top vote",
            truth="votes",
        )

    @cached_property
    def as_given(self) -> "Dataset":
        """The same faces as they are without annotations; `relabelled` and `excluded` are False."""
        if not (self.relabelled | self.excluded).any():
            return self
        index = without_annotations(self.index)
        labels = emotions.ordered(index.loc[index["split"] != "", "label"].unique())
        return replace(self, index=index, labels=labels)

    @property
    def _by_hand(self) -> np.ndarray:
        """The label that was set by hand, "" without one, shape (n,)."""
        return np.array(self.index.get("label_by_hand", [""] * len(self)), np.object_)

    @cached_property
    def relabelled(self) -> np.ndarray:
        """Whether the label was changed by hand, shape (n,), bool."""
        given = self.index.get("label_original", self.index["label"])
        return np.array((self._by_hand != "") & (self.index["label"] != given), bool)

    @property
    def excluded(self) -> np.ndarray:
        """Whether the face was excluded by hand, shape (n,), bool."""
        return np.array(self.index.get("excluded", np.zeros(len(self))), bool)

    @property
    def splits(self) -> dict[str, int]:
        """Number of faces by split, in the order of `SPLITS`, without the excluded ones."""
        counts = self.index.loc[~self.excluded, "split"].value_counts()
        return {split: int(counts[split]) for split in SPLITS if split in counts}

    def select(self, split: str) -> "Dataset":
        """The faces of one split, without those that were excluded by hand.

        Args:
            split: One of `SPLITS`, `all`, or FER-2013's own Training, PublicTest, PrivateTest.
                `test` includes PublicTest and PrivateTest.

        Raises:
            DatasetError: If the split is unknown or holds no face.
        """
        rows = self.rows_of(split)
        if not len(rows):
            there = ", ".join(f"{name} ({count})" for name, count in self.splits.items())
            raise DatasetError(f"'{self.name}' has no faces in split '{split}'. It has: {there}.")
        return self.take(rows)

    def rows_of(self, split: str) -> np.ndarray:
        """Where the faces are that `select` gives, shape (m,), int64, ascending; maybe none.

        Raises:
            DatasetError: If the split is unknown.
        """
        wanted = known_split(split)
        parts = {"test": TEST_SPLITS, "all": SPLITS}.get(wanted, (wanted,))
        return np.flatnonzero(self.index["split"].isin(parts).to_numpy() & ~self.excluded)

    def take(self, rows: np.ndarray) -> "Dataset":
        """The faces at these positions, in their order; shape (m,), integers.

        Consecutive rows stay a view. Others are copied; a copy too large for memory goes to an
        unnamed temporary file that is mapped.
        """
        if len(rows) == len(self) and (rows == np.arange(len(self))).all():
            return self
        return replace(
            self,
            index=self.index.iloc[rows].reset_index(drop=True),
            pixels=gather((self.pixels, rows)),
        )

    def fingerprint(self) -> str:
        """A hash of every used face's content, label and split, whatever their order."""
        used = self.index[~self.excluded]
        rows = used["hash"] + " " + used["label"] + " " + used["split"]
        return _digest(rows)

    def faces_to_learn(self) -> str:
        """A hash of the content of `train` and `validation`, whatever the labels and annotations.

        It tells whether two data sets give a network the same faces, under whichever name.
        """
        split = self.index.get("split_given", self.index["split"])
        return _digest(self.index["hash"][split.isin(["train", "validation"])])


def without_annotations(index: pd.DataFrame) -> pd.DataFrame:
    """The index of a data set as it is without annotations."""
    label, split = index.get("label_original", index["label"]), index["split"]
    if "label_given" in index:  # by votes, which leave faces without a label undecided
        is_decided = label != ""
        label, split = label.where(is_decided, index["label_given"]), split.where(is_decided, "")
    return index.assign(label=label, split=split, excluded=False, label_by_hand="")


def check_reading(
    height: int, width: int, channels: int, validation_fraction: float, seed: int
) -> None:
    """Check the numbers with which a data set is read.

    Raises:
        ConfigError: If one is impossible.
    """
    for name, side in (("height", height), ("width", width)):
        if not isinstance(side, int | np.integer) or side < 1:
            raise ConfigError(f"{name} is {side!r}; it must be a whole number, 1 or more.")
    if channels not in (1, 3):
        raise ConfigError(f"channels is {channels!r}; it must be 1 for grey or 3 for RGB.")
    if not 0 <= validation_fraction <= 1:
        raise ConfigError(f"validation_fraction is {validation_fraction!r}; it must be 0 to 1.")
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ConfigError(f"seed is {seed!r}; it must be a whole number, 0 or more.")


def known_split(split: str) -> str:
    """One of `SPLITS`, or `all`; FER-2013's Training, PublicTest and PrivateTest are accepted.

    Raises:
        DatasetError: If there is no such split.
    """
    wanted = _SPLIT_NAMES.get(split.lower(), split.lower())
    if wanted not in (*SPLITS, "all"):
        raise DatasetError(f"Unknown split '{split}'. Known: {', '.join((*SPLITS, 'all'))}.")
    return wanted


def _digest(rows: pd.Series) -> str:
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()
