"""Arrays in files: pairs of `.npy`, and `.npz` or HDF5 files with images and labels."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from fer import emotions
from fer.data.array_images import Layout, are_images, label_texts, layout_of, texts
from fer.data.parts import part_within
from fer.data.readers.array_files import Array, arrays_in
from fer.data.readers.columns import LABELS, TableError
from fer.data.readers.listing import stamp
from fer.data.readers.rows import Opened, Rows

_BLOCK = 1024
_MAX_CLASSES = 64
_NAMES = frozenset(
    [
        "class_names",
        "classes",
        "label_names",
        "labels_names",
        "emotion_names",
        "target_names",
        "names",
        "categories",
        "emotions",
        "emotion_labels",
    ]
)
_EXPECTED = (
    "Expected images, such as (n, 48, 48), and as many labels, under names such as images and "
    "labels, or X_train and y_train."
)
_CK_FILE = "ck_data.h5"
_CK = dict(enumerate(["angry", "disgust", "fear", "happy", "sad", "surprise", "contempt"]))
"""The order of CK_data.h5, which WuJie1010/Facial-Expression-Recognition.Pytorch writes."""


class Pair(NamedTuple):
    """Images, their labels, and the split in their names ("" if none)."""

    images: Array
    labels: Array
    split: str


def open_arrays(root: Path, files: Sequence[Path]) -> Opened:
    """Find images and labels in one `.npz` or HDF5 file, or in all `.npy` files of a folder.

    Raises:
        TableError: If there are none, or a file is damaged or a pickle.
    """
    name = files[0].relative_to(root).as_posix()
    arrays: dict[str, Array] = {}
    skipped: list[tuple[str, str]] = []
    refused: list[TableError] = []
    for file in files:
        try:
            arrays |= {array.name: array for array in arrays_in(file)}
        except TableError as error:
            if len(files) == 1:
                raise
            refused.append(error)
            skipped.append((file.relative_to(root).as_posix(), error.reason))
    try:
        pairs, alone = _pairs(name, arrays)
    except TableError:
        if refused:
            raise refused[0] from None
        raise
    skipped += [(f"{name}: {one}" if len(files) == 1 else one, why) for one, why in alone]
    folder = "" if files[0].parent == root else files[0].parent.relative_to(root).as_posix() + "/"
    return Opened(
        name=name,
        has_splits=any(pair.split for pair in pairs),
        files=[(file.relative_to(root).as_posix(), stamp(file.stat())) for file in files],
        rows=partial(_rows, name, folder, files, pairs, arrays, skipped),
    )


def _pairs(name: str, arrays: Mapping[str, Array]) -> tuple[list[Pair], list[tuple[str, str]]]:
    """Images with their labels; and (name, reason) of images that have none."""
    images = [one for one in arrays.values() if are_images(one.shape, one.dtype)]
    labels = [one for one in arrays.values() if _are_labels(one) and one not in images]
    pairs, alone = [], []
    for one in images:
        split = part_within(one.name)
        there = [label for label in labels if label.shape[0] == one.shape[0]]
        # Never those of another part, which may have as many.
        parts = [part_within(label.name) for label in there]
        part = split if split in parts else ""
        there = [label for label, own in zip(there, parts, strict=True) if own == part]
        named = [label for label in there if _is_named_label(label.name)]
        if len(chosen := there if len(there) == 1 else named) == 1:
            pairs.append(Pair(one, chosen[0], split))
        else:
            count = f"{one.shape[0]:,}"
            found = f"{len(there)} arrays have" if there else "no array has"
            alone.append((one.name, f"{found} {count} labels for its {count} images"))
    if pairs:
        return pairs, alone
    if images:
        raise TableError(
            name, f"{alone[0][1]} ('{alone[0][0]}'){_listed(arrays)}", expected=_EXPECTED
        )
    reason = f"no array in it holds images{_listed(arrays)}"
    is_meant = bool(labels) and len(arrays) > 1
    raise TableError(name, reason, is_meant=is_meant, expected=_EXPECTED)


def _are_labels(array: Array) -> bool:
    is_plain = len(array.shape) == 1 or (len(array.shape) == 2 and array.shape[1] <= _MAX_CLASSES)
    return is_plain and array.dtype.kind in "uifbSUT" and not _is_names(array)


def _is_names(array: Array) -> bool:
    last = re.split(r"[/.]", array.name.lower().removesuffix(".npy"))[-1]
    return last in _NAMES and len(array.shape) == 1 and array.dtype.kind in "SU"


def _is_named_label(name: str) -> bool:
    words = re.split(r"[^a-z]+", name.lower())
    return any(word in LABELS or word.startswith(("label", "y", "target")) for word in words)


def _listed(arrays: Mapping[str, Array]) -> str:
    shown = [f"{one.name} {one.shape}" for one in list(arrays.values())[:6]]
    return f" (it holds {', '.join(shown)})" if shown else ""


def _rows(
    name: str,
    folder: str,
    files: Sequence[Path],
    pairs: Sequence[Pair],
    arrays: Mapping[str, Array],
    skipped: Sequence[tuple[str, str]],
) -> Rows:
    names = next((texts(one.whole()) for one in arrays.values() if _is_names(one)), [])
    is_matlab = files[0].suffix.lower() == ".mat"
    labels = _labels(pairs, names, is_matlab=is_matlab)
    frames, layouts = [], []
    stamps = {file.name: stamp(file.stat()) for file in files}
    for (images, _, split), own in zip(pairs, labels, strict=True):
        layouts.append(layout_of(images.name, images.shape, _blocks(images)))
        place = folder + images.name
        if images.name not in stamps:
            place = name if len(pairs) == 1 else f"{name}/{images.name}"
        frame = pd.DataFrame({"label": own}, dtype=object)
        where = place + ":" + pd.Series(np.arange(len(frame))).astype(str)
        frames.append(
            frame.assign(
                path=where, where=where, split=split, subject="", reason="",
                stamp=stamps.get(images.name, stamps.get(files[0].name, "")),
            )
        )  # fmt: skip
    starts = np.cumsum([0, *map(len, frames)])

    def image(row: int) -> np.ndarray:
        pair = int(np.searchsorted(starts, row, side="right")) - 1
        own = row - int(starts[pair])
        return _image(pairs[pair].images, layouts[pair], own)

    return Rows(
        name=name,
        kind="the arrays in",
        table=pd.concat(frames, ignore_index=True).astype(str),
        image=image,
        names=(),
        codes=_codes(name, pairs),
        skipped=skipped,
    )


def _image(images: Array, layout: Layout, row: int) -> np.ndarray:
    start = row - row % _BLOCK
    block = images.read(start, min(start + _BLOCK, images.shape[0]))
    return layout.image(block[row - start])


def _blocks(array: Array) -> Iterator[np.ndarray]:
    for start in range(0, array.shape[0], _BLOCK):
        yield array.read(start, min(start + _BLOCK, array.shape[0]))


def _labels(pairs: Sequence[Pair], names: Sequence[str], *, is_matlab: bool) -> list[list[str]]:
    """The label of each row of each pair as text; numbers by the names, if there are any.

    Numbers count from 1 where none is 0 and they go up to the number of names, or in MATLAB. This
    is decided once for all pairs, each of which may lack a class. One-hot rows count from 0.
    """
    found = [
        [re.sub(r"\.0$", "", one) for one in label_texts(pair.labels.name, pair.labels.whole())]
        for pair in pairs
    ]
    one_hot = [len(pair.labels.shape) == 2 and pair.labels.shape[1] > 1 for pair in pairs]
    numbers = {
        one for own, is_rows in zip(found, one_hot, strict=True) if not is_rows for one in own
    }
    starts_at_1 = "0" not in numbers and (is_matlab or str(len(names)) in numbers)
    named = []
    for own, is_rows in zip(found, one_hot, strict=True):
        meanings = {str(at): name for at, name in enumerate(names, starts_at_1 and not is_rows)}
        named.append([meanings.get(one, one) for one in own])
    return named


def _codes(name: str, pairs: Sequence[Pair]) -> dict[str, str]:
    """What numbers mean in files that are known: they are not guessed in others."""
    if Path(name).name.lower() == _CK_FILE:
        return {str(code): label for code, label in _CK.items()}
    if {pair.split for pair in pairs} & {"public_test", "private_test"}:  # FER-2013's own parts
        return {str(code): label for code, label in enumerate(emotions.FER2013_CODES)}
    return {}
