"""Large files that are read part by part, by several threads, and that may be damaged anywhere."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from tokenize import TokenError
from typing import TypeVar

import pyarrow as pa

from fer.data.compressed import TooLargeError
from fer.data.readers.columns import TableError

_DAMAGE = (
    OSError, EOFError, ValueError, KeyError, IndexError, RuntimeError, OverflowError, struct.error,
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, pa.ArrowException, SyntaxError, TokenError,
)  # fmt: skip
"""What NumPy, h5py, PyArrow and the standard library raise for files that are not whole."""

T = TypeVar("T")


@contextmanager
def damage_in(name: str) -> Iterator[None]:
    """Turn what reading a damaged file raises into a TableError that names it."""
    try:
        yield
    except TooLargeError as error:
        raise TableError(name, str(error), expected="") from error
    except _DAMAGE as error:
        reason = f"it is damaged or cut short ({' '.join(str(error).split()) or 'no more data'})"
        raise TableError(name, reason, expected="Download it or write it again.") from error


def kept(name: str, read: Callable[..., T], *, most: int) -> Callable[..., T]:
    """A function for several threads that reads a part of a file, and keeps the last of them.

    A part that several threads ask for at once is read once, and so is one that is damaged.

    Args:
        name: The file's, for errors.
        read: Reads a part.
        most: How many parts are kept. Threads that decode in the order of the file share few: one
            each, however small these are.

    Raises:
        TableError: From the function, if the file is damaged there.
    """
    lock = Lock()

    @lru_cache(maxsize=most)
    def cached(*key: Hashable) -> T | TableError:
        try:
            with damage_in(name):
                return read(*key)
        except TableError as error:
            return error

    def part(*key: Hashable) -> T:
        with lock:
            found = cached(*key)
        if isinstance(found, TableError):
            raise found.with_traceback(None)  # which would grow with every row
        return found

    return part
