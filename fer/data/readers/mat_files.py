"""The arrays in MATLAB's `.mat` files, arranged as NumPy has them: the first axis counts images.

MATLAB counts images by the last axis, and its flat images run down the columns. Programs in Python
write the same files the other way round, so that labels and faces tell which way it is.
"""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from fer.data.compressed import TooLargeError
from fer.data.readers.columns import TableError
from fer.importing import extras

T = TypeVar("T")

_MATRIX = 2
_MAX_CLASSES = 64
_SMALLEST = 12  # px of a face: shorter rows are one-hot labels


def matlab_arrays(file: Path, *, max_bytes: int) -> dict[str, np.ndarray]:
    """The arrays of a file by their names; those in a struct are called `struct.field`.

    Args:
        file: The file, of any version of the format.
        max_bytes: The most bytes that its arrays may have together.

    Raises:
        TableError: If it takes values from other files.
        DatasetError: If it is too large.
        ValueError: If it is damaged.
    """
    with extras():
        import h5py
        import scipy.io
    found: dict[str, np.ndarray] = {}
    if h5py.is_hdf5(file):
        found = _of_hdf5(file, max_bytes)
    else:
        _check_size(_size(file), max_bytes)
        for name, value in _loaded(partial(scipy.io.loadmat, file)).items():
            if isinstance(value, np.ndarray):
                _add(found, name, value)
    plain = {name: _upright_labels(np.squeeze(array)) for name, array in found.items()}
    counts = {len(array) for array in plain.values() if array.ndim == 1 or _is_one_hot(array)}
    return {name: _images_first(array, counts) for name, array in plain.items()}


def _upright_labels(array: np.ndarray) -> np.ndarray:
    """One-hot columns as rows; anything else as it is."""
    return array.T if not _is_one_hot(array) and _is_one_hot(array.T) else array


def _is_one_hot(array: np.ndarray) -> bool:
    is_matrix = array.ndim == _MATRIX and array.shape[1] <= _MAX_CLASSES
    return is_matrix and array.dtype.kind in "uifb" and bool((array.sum(axis=1) == 1).all())


def _images_first(array: np.ndarray, counts: set[int]) -> np.ndarray:
    """An array with the axis first that has as many entries as there are labels."""
    if array.ndim < _MATRIX or array.shape[0] in counts or array.shape[-1] not in counts:
        images = array
    else:
        images = np.moveaxis(array, -1, 0)
    if images.ndim != _MATRIX or math.isqrt(images.shape[1]) ** 2 != images.shape[1]:
        return images
    side = math.isqrt(images.shape[1])
    squares = images.reshape(len(images), side, side)
    return squares.swapaxes(1, 2).reshape(images.shape) if _lies(squares) else images


def _lies(faces: np.ndarray) -> bool:
    """Whether faces, shape (n, h, w), lie on their side.

    The mean of upright faces is much more symmetrical from left to right than from top to bottom.
    """
    if faces.shape[1] < _SMALLEST or faces.dtype.kind not in "uif":
        return False
    mean = faces.mean(axis=0)
    return bool(np.abs(mean - mean[::-1]).sum() < np.abs(mean - mean[:, ::-1]).sum())


def _loaded(load: Callable[[], T]) -> T:
    try:
        return load()
    except Exception as error:  # noqa: BLE001 - scipy raises nearly anything for a damaged file
        raise ValueError(str(error) or type(error).__name__) from None


def _size(file: Path) -> int:
    """The bytes of a file's arrays before they are read."""
    import scipy.io

    sizes = {"double": 8, "int64": 8, "uint64": 8, "single": 4, "int32": 4, "uint32": 4}
    listed = _loaded(partial(scipy.io.whosmat, file))
    return sum(math.prod(shape) * sizes.get(kind, 2) for _, shape, kind in listed)


def _add(found: dict[str, np.ndarray], name: str, value: np.ndarray) -> None:
    """Add an array: a struct by its fields, a cell array of texts as an array of texts."""
    if value.dtype.names and value.size == 1:
        for field in value.dtype.names:
            _add(found, f"{name}.{field}", np.asarray(value[field].item()))
    elif value.dtype == object:
        cells = [np.asarray(cell).ravel() for cell in value.ravel()]
        if cells and all(cell.size == 1 and cell.dtype.kind in "US" for cell in cells):
            found[name] = np.array([str(cell[0]) for cell in cells])
    elif not value.dtype.names:
        found[name] = np.char.strip(value) if value.dtype.kind == "U" else value


def _of_hdf5(file: Path, max_bytes: int) -> dict[str, np.ndarray]:
    """The arrays of a file of version 7.3, which holds them with their axes reversed."""
    import h5py

    found: dict[str, np.ndarray] = {}
    with h5py.File(file) as opened:

        def note(name: str, item: Any) -> None:
            if not isinstance(item, h5py.Dataset) or not item.shape or name.startswith("#"):
                return
            if item.external or item.is_virtual:  # which might be any file of this machine
                raise TableError(file.name, f"'{name}' takes its values from other files")
            _check_size(item.size * item.dtype.itemsize, max_bytes)
            kind = item.attrs.get("MATLAB_class", b"")
            value = item[()].T
            if kind == b"char":
                found[name.replace("/", ".")] = np.array(["".join(map(chr, one)) for one in value])
            elif kind == b"cell":
                cells = [opened[one] for one in value.ravel()]
                if all(cell.attrs.get("MATLAB_class") == b"char" for cell in cells):
                    texts = ["".join(map(chr, cell[()].ravel())) for cell in cells]
                    found[name.replace("/", ".")] = np.array(texts)
            else:
                found[name.replace("/", ".")] = value

        opened.visititems(note)
    return found


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLargeError(
            f"it has {size / 1e9:,.0f} GB; at most {max_bytes / 1e9:.0f} can be read."
        )
