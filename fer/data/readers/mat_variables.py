"""The variables in MATLAB's `.mat` files, with their axes in MATLAB's order."""

import math
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from fer.data.compressed import TooLargeError
from fer.data.readers.columns import TableError
from fer.data.readers.listing import stamp
from fer.importing import extras

T = TypeVar("T")

_KINDS = {
    "double": "f8", "single": "f4", "logical": "u1", "int8": "i1", "uint8": "u1", "int16": "i2",
    "uint16": "u2", "int32": "i4", "uint32": "u4", "int64": "i8", "uint64": "u8",
}  # fmt: skip
_COMPRESSED = 15  # MATLAB's miCOMPRESSED
_HEADER_BYTES = 128


class Variable(NamedTuple):
    """An array of a file.

    Attributes:
        name: Its name; in a struct it is `struct.field`.
        shape: As `load` returns it.
        dtype: Its kind of numbers; they may be stored in fewer bytes.
        load: Reads it.
        may_lie: Whether its images may lie on their side.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    load: Callable[[], np.ndarray]
    may_lie: bool = False


def variables(file: Path, max_bytes: int) -> list[Variable]:
    """The arrays of a file, as `matlab_arrays` takes and refuses it; numbers are not read yet."""
    with extras():
        import h5py
        import scipy.io  # noqa: F401 - one plain error for whichever is missing
    return _of_hdf5(file, max_bytes) if h5py.is_hdf5(file) else _of_version_5(file, max_bytes)


def in_memory(name: str, array: np.ndarray) -> Variable:
    """A variable whose values are read."""
    return Variable(name, array.shape, array.dtype, lambda: array)


def _loaded(load: Callable[[], T]) -> T:
    try:
        return load()
    except Exception as error:  # noqa: BLE001 - scipy raises nearly anything for a damaged file
        raise ValueError(str(error) or type(error).__name__) from None


def _of_version_5(file: Path, max_bytes: int) -> list[Variable]:
    """The arrays of a file of version 5 or 4. Numbers are not read yet; structs and texts are."""
    import scipy.io

    def load(name: str) -> np.ndarray:
        values: np.ndarray = _loaded(lambda: scipy.io.loadmat(file, variable_names=[name])[name])
        if values.dtype.kind == "c":
            raise TableError(file.name, f"'{name}' holds complex numbers")
        return values

    listed = _loaded(partial(scipy.io.whosmat, file))
    sizes = [
        math.prod(shape) * np.dtype(_KINDS.get(kind, "U1")).itemsize for _, shape, kind in listed
    ]
    _check_size(sum(sizes), max_bytes)
    if any(kind not in _KINDS and kind not in ("char", "sparse") for *_, kind in listed):
        _check_size(_unpacked_bytes(file, stamp(file.stat()), max_bytes), max_bytes)
    found: list[Variable] = []
    for name, shape, kind in listed:
        if kind in _KINDS:
            found.append(Variable(name, shape, np.dtype(_KINDS[kind]), partial(load, name)))
        elif kind != "sparse":
            found += _members(name, load(name))
    return found


@lru_cache(maxsize=16)
def _unpacked_bytes(file: Path, stamped: str, most: int) -> int:
    """The bytes of a file's variables, of which a struct does not tell how large it is.

    Args:
        file: The file, of version 5.
        stamped: Its stamp: it is unpacked once as long as it is the same.
        most: Nothing is unpacked beyond these.

    Raises:
        zlib.error: If it is damaged.
    """
    total = 0
    with file.open("rb") as stream:
        order = "<" if stream.read(_HEADER_BYTES).endswith(b"IM") else ">"
        while total <= most and len(tag := stream.read(8)) == 8:
            kind, size = struct.unpack(f"{order}II", tag)
            packed = stream.read(size)
            if kind != _COMPRESSED:
                total += size
                continue
            unpacker = zlib.decompressobj()
            while packed and total <= most:
                total += len(unpacker.decompress(packed, 1 << 24))
                packed = unpacker.unconsumed_tail
    return total


def _members(name: str, value: np.ndarray) -> list[Variable]:
    """An array: a struct by its fields, a cell array of texts as an array of texts."""
    if value.dtype.names and value.size == 1:
        return [
            one
            for field in value.dtype.names
            for one in _members(f"{name}.{field}", np.asarray(value[field].item()))
        ]
    if value.dtype == object:
        cells = [np.asarray(cell).ravel() for cell in value.ravel()]
        if cells and all(cell.size == 1 and cell.dtype.kind in "US" for cell in cells):
            return [in_memory(name, np.array([str(cell[0]) for cell in cells]))]
    elif not value.dtype.names:
        return [in_memory(name, np.char.strip(value) if value.dtype.kind == "U" else value)]
    return []


def _of_hdf5(file: Path, max_bytes: int) -> list[Variable]:
    """The arrays of a file of version 7.3, which holds them with their axes reversed.

    Where MATLAB did not write it, they may not be reversed.
    """
    import h5py

    found: list[Variable] = []
    total = 0

    def load(name: str) -> np.ndarray:
        with h5py.File(file) as opened:
            values: np.ndarray = opened[name][()].T
        return values

    with h5py.File(file) as opened:

        def note(name: str, item: Any) -> None:
            nonlocal total
            if not isinstance(item, h5py.Dataset) or not item.shape:
                return
            if item.external or item.is_virtual:  # which might be any file of this machine
                raise TableError(file.name, f"'{name}' takes its values from other files")
            total += item.size * item.dtype.itemsize
            _check_size(total, max_bytes)
            if name.startswith("#"):  # what cells refer to
                return
            kind, shown = item.attrs.get("MATLAB_class", b""), name.replace("/", ".")
            if kind == b"char":
                texts = ["".join(map(chr, one)) for one in item[()].T]
                found.append(in_memory(shown, np.array(texts)))
            elif kind == b"cell":
                cells = [opened[one] for one in item[()].T.ravel()]
                if all(cell.attrs.get("MATLAB_class") == b"char" for cell in cells):
                    texts = ["".join(map(chr, cell[()].ravel())) for cell in cells]
                    found.append(in_memory(shown, np.array(texts)))
            else:
                shape = item.shape[::-1]
                found.append(Variable(shown, shape, item.dtype, partial(load, name), not kind))

        opened.visititems(note)
    return found


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLargeError(
            f"it has {size / 1e9:,.0f} GB; at most {max_bytes / 1e9:.0f} can be read."
        )
