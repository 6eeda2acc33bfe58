"""The arrays in `.npy`, `.npz`, HDF5 and `.mat` files; nothing in them is run."""

import math
import re
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.lib.format as npy

from fer.data.compressed import MAX_BYTES
from fer.data.decoding import THREADS
from fer.data.readers.blocks import damage_in, kept
from fer.data.readers.columns import TableError
from fer.data.readers.mat_files import matlab_arrays
from fer.importing import extras

ARRAY_SUFFIXES = frozenset({".npy", ".npz", ".h5", ".hdf5", ".mat"})
PICKLES = frozenset({".pkl", ".pickle", ".p"})


class Array(NamedTuple):
    """An array in a file: its name, and how to read some of its rows."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[int, int], np.ndarray]

    def whole(self) -> np.ndarray:
        return self.read(0, self.shape[0])


def arrays_in(file: Path) -> list[Array]:
    """The arrays of a file, by its suffix; their values are read when they are needed.

    Raises:
        TableError: If it is damaged, too large, a pickle, or leads to other files.
    """
    with damage_in(file.name):
        return _arrays_in(file, file.name)


def _arrays_in(file: Path, name: str) -> list[Array]:
    try:
        if file.suffix.lower() == ".npy":
            array = np.load(file, mmap_mode="r", allow_pickle=False)
            if not isinstance(array, np.ndarray):
                array.close()
                raise TableError(name, "it is an .npz file. Give it that suffix")
            return [_in_memory(name, array)]
        if file.suffix.lower() == ".npz":
            return _packed(file)
        if file.suffix.lower() == ".mat":
            return _matlab(file)
        return _hdf5(file)
    except ValueError as error:
        if re.search("pickle|objects", str(error), re.IGNORECASE):
            raise pickled(name, "it holds Python objects") from None
        raise


def pickled(name: str, what: str) -> TableError:
    """The error for pickled data."""
    reason = f"{what}, and reading a pickle can run any program that someone has put into it"
    advice = "Save images and labels in Python: numpy.savez('faces.npz', images=…, labels=…)."
    return TableError(name, reason, expected=advice)


def _in_memory(name: str, array: np.ndarray) -> Array:
    return Array(name, array.shape, array.dtype, lambda start, stop: array[start:stop])


def _rows_of_whole(
    file: Path, read: Callable[[str], np.ndarray]
) -> Callable[[str, int, int], np.ndarray]:
    """Gives rows of arrays that can only be read whole; the last ones are kept."""
    whole = kept(file.name, read, most=2)
    return lambda key, start, stop: whole(key)[start:stop]


def _matlab(file: Path) -> list[Array]:
    found = {one.name: one for one in matlab_arrays(file, max_bytes=MAX_BYTES)}
    rows = _rows_of_whole(file, lambda key: found[key].load())
    return [Array(key, one.shape, one.dtype, partial(rows, key)) for key, one in found.items()]


def _packed(file: Path) -> list[Array]:
    """The arrays of an `.npz`."""

    def read_whole(key: str) -> np.ndarray:
        with np.load(file, allow_pickle=False) as pack:
            values: np.ndarray = pack[key]
        return values

    rows = _rows_of_whole(file, read_whole)
    found = []
    with zipfile.ZipFile(file) as pack:
        for member in pack.namelist():
            with pack.open(member) as stream:
                is_old = npy.read_magic(stream) == (1, 0)
                read = npy.read_array_header_1_0 if is_old else npy.read_array_header_2_0
                shape, _, dtype = read(stream)
            key = member.removesuffix(".npy")
            if dtype.hasobject:
                raise pickled(file.name, f"'{key}' holds Python objects")
            _check_size(file.name, key, shape, dtype)
            found.append(Array(key, shape, dtype, partial(rows, key)))
    return found


def _check_size(file: str, name: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
    size = math.prod(shape) * dtype.itemsize
    if size > MAX_BYTES:
        raise TableError(
            file, f"'{name}' has {size / 1e9:,.0f} GB; at most {MAX_BYTES / 1e9:.0f} can be read"
        )


def _hdf5(file: Path) -> list[Array]:
    with extras():
        import h5py

    found: list[Array] = []

    def read_rows(name: str, start: int, stop: int) -> np.ndarray:
        with h5py.File(file) as opened:
            values: np.ndarray = opened[name][start:stop]
        return values

    read = kept(file.name, read_rows, most=THREADS + 2)

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.shape:
            if item.external or item.is_virtual:  # which might be any file of this machine
                raise TableError(file.name, f"'{name}' takes its values from other files")
            _check_size(file.name, name, item.shape, item.dtype)
            dtype = np.dtype("S1") if h5py.check_string_dtype(item.dtype) else item.dtype
            found.append(Array(name, item.shape, dtype, partial(read, name)))

    with h5py.File(file) as opened:
        opened.visititems(note)
    return found
