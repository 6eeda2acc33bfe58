"""Compressed tables, such as `fer2013.csv.gz`, read without unpacking them first."""

import bz2
import gzip
import io
import lzma
import shutil
import tempfile
import weakref
import zlib
from pathlib import Path
from typing import IO, Any, cast

from fer.errors import DatasetError
from fer.files import is_text

SUFFIXES = frozenset({".gz", ".bz2", ".xz"})
MAX_BYTES = 10_000_000_000
"""Bytes of a table or an array, unpacked: a small file can hold a very large one."""

_OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}


def is_compressed(file: Path) -> bool:
    """Whether a file is compressed by gzip, bzip2 or xz, whatever its name."""
    return _opener(file) is not None


def is_compressed_text(file: Path) -> bool:
    """Whether a compressed file holds text, and not an archive."""
    try:
        with opened(file) as stream:
            return is_compressed(file) and is_text(stream.read(1000))
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return False


def plain_name(file: Path) -> Path:
    """The name of a file once it is unpacked: `fer2013.csv` of `fer2013.csv.gz`."""
    return Path(file.stem) if file.suffix.lower() in SUFFIXES else Path(file.name)


def opened(file: Path) -> IO[bytes]:
    """A file's bytes from the first to the last, unpacked.

    Raises:
        OSError: If it cannot be read. Where it is damaged, the stream may raise EOFError,
            zlib.error or LZMAError, too; after 10 GB, TooLargeError.
    """
    opener = _opener(file)
    if opener is None:
        return file.open("rb")
    return cast("IO[bytes]", io.BufferedReader(_Bounded(opener(file))))


class TooLargeError(DatasetError):
    """A file that unpacks to more than is read."""


class Plain:
    """A file that may be read at any place: itself, or its unpacked copy, which goes with this.

    Attributes:
        path: Of the file or its copy.
    """

    def __init__(self, file: Path) -> None:
        self.path = file
        if is_compressed(file):
            folder = Path(tempfile.mkdtemp(prefix="fer-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self.path = folder / "table"
            with opened(file) as packed, self.path.open("wb") as copy:
                shutil.copyfileobj(packed, copy, 1 << 20)


class _Bounded(io.RawIOBase):
    """What is unpacked, up to a bound."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._read = stream, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        size = cast("io.BufferedIOBase", self._stream).readinto(buffer)
        self._read += size
        if self._read > MAX_BYTES:
            raise TooLargeError(f"it unpacks to more than {MAX_BYTES / 1e9:.0f} GB.")
        return size

    def close(self) -> None:
        self._stream.close()
        super().close()


def _opener(file: Path) -> Any:
    with file.open("rb") as stream:
        head = stream.read(6)
    return next((open_ for magic, open_ in _OPENERS.items() if head.startswith(magic)), None)
