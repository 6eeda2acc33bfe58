"""Which faces the data sets on this machine hold already, above all in their test splits."""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from fer import settings
from fer.data import TEST_SPLITS, registered
from fer.data.near_duplicates import most_alike, near_copies, perceptual_hashes
from fer.data.registry import FEEDBACK
from fer.data.splits import assign_missing
from fer.data.store import last_file, last_stored
from fer.faces.yunet_file import yunet_path
from fer.feedback.photographed import MIN_LIKENESS, forget_others, photographed
from fer.progress import Progress
from fer.wording import split_name


class KnownFace(NamedTuple):
    """A face of a data set."""

    dataset: str
    path: str
    split: str
    label: str

    @property
    def is_test(self) -> bool:
        """Whether it only measures."""
        return self.split in TEST_SPLITS

    @property
    def words(self) -> str:
        """Where it is."""
        return f"{split_name(self.split)} of {self.dataset}"


class _DataSet(NamedTuple):
    name: str
    key: str
    faces: pd.DataFrame
    pixels: np.ndarray
    codes: np.ndarray

    def copies(
        self,
        faces: np.ndarray,
        hashes: np.ndarray,
        *,
        of_test: bool,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """The position of a copy of each face in the test splits or elsewhere, -1 without one."""
        split = self.faces["split"]
        rows = np.flatnonzero(split.isin(TEST_SPLITS) == of_test)
        if not len(rows):
            return np.full(len(faces), -1)
        equal = self.faces["hash"].iloc[rows].drop_duplicates()
        at = pd.Index(equal).get_indexer(pd.Index(hashes))
        near = near_copies(faces, self.pixels, rows, self.codes[rows])
        if of_test:
            near = np.where(near >= 0, near, self._photographed(faces, rows, progress))
        return np.where(at >= 0, equal.index.to_numpy()[at], near)

    def prepare(self, progress: Progress | None = None) -> None:
        """Make what `copies` searches, which takes long the first time."""
        rows = np.flatnonzero(self.faces["split"].isin(TEST_SPLITS))
        photographed(self.key, self.pixels, rows, progress=progress)

    def _photographed(
        self, faces: np.ndarray, rows: np.ndarray, progress: Progress | None
    ) -> np.ndarray:
        """As `copies`, where a face was cut out of a photo of the image."""
        rows, crops = photographed(self.key, self.pixels, rows, progress=progress)
        if not len(crops):
            return np.full(len(faces), -1)
        at, likeness = most_alike(faces, crops)
        return np.where(likeness >= MIN_LIKENESS, rows[at], -1)


def state() -> str:
    """A text that changes with the data sets that are searched, or with how they are."""
    parts = [
        f"{file.relative_to(folder.parent)} {file.stat().st_mtime_ns}"
        for folder in _folders()
        if (file := last_file(folder)) is not None
    ]
    parts.append(f"YuNet: {yunet_path().is_file()}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def prepare(progress: Progress | None = None) -> None:
    """Cut out the test faces of all data sets, as photos of them would be, for `find_known`.

    It takes minutes for a data set that is new here; the crops are kept.

    Args:
        progress: Called with faces of a data set done and planned.

    Raises:
        DatasetError: If a data set is damaged, or the crops cannot be kept.
    """
    for known in _data_sets(None):
        known.prepare(progress)


def find_known(
    faces: np.ndarray, hashes: np.ndarray, *, progress: Progress | None = None
) -> dict[int, KnownFace]:
    """Find the faces that a data set holds, as they are or nearly so.

    All data sets count that this machine has read, whatever their names. A test face goes before
    one to learn from.

    Args:
        faces: Shape (n, height, width, channels), uint8.
        hashes: Of the images, as in the index of a data set, shape (n,).
        progress: Called with data sets done and planned.

    Returns:
        The known face by position in `faces`.
    """
    found: dict[int, KnownFace] = {}
    data_sets = _data_sets(progress) if len(faces) else ()
    for known in data_sets:
        for of_test in (False, True):
            rows = known.copies(faces, hashes, of_test=of_test, progress=progress)
            at = np.flatnonzero(rows >= 0)
            copies = known.faces[["path", "split", "label"]].iloc[rows[at]]
            for face, copy in zip(at.tolist(), copies.itertuples(index=False), strict=True):
                if face not in found or (of_test and not found[face].is_test):
                    found[face] = KnownFace(known.name, *copy)
    return found


def _folders() -> list[Path]:
    stored = sorted((settings.datasets_folder() / "store").glob("*/"))
    return [folder for folder in stored if folder.name != FEEDBACK]


def _data_sets(progress: Progress | None) -> Iterator[_DataSet]:
    names = {source.folder: source.name for source in registered()}
    folders = _folders()
    keys = {folder: folder.name.replace(".", "_") for folder in folders}
    forget_others(keys.values())
    for done, folder in enumerate(folders):
        if progress:
            progress(done, len(folders))
        if (file := last_file(folder)) is not None:
            name = names.get(folder) or folder.name.rpartition("-")[0]
            key = f"{keys[folder]}.{file.stem}"
            if known := _opened(name, key, folder, file.stat().st_mtime_ns):
                yield known


@lru_cache(maxsize=8)
def _opened(name: str, key: str, folder: Path, written_ns: int) -> _DataSet | None:
    """A data set as it was when its index was written."""
    if (stored := last_stored(folder)) is None:
        return None
    index = stored.index[["path", "label", "split", "hash", "subject"]].copy()
    assign_missing(index, validation_fraction=0, seed=0)
    codes = perceptual_hashes(stored.pixels, np.arange(len(index)))
    return _DataSet(name, key, index, stored.pixels, codes)
