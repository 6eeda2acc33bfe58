"""Files and folders that are never seen half-written, and errors of the disk in plain words."""

import errno
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

SPREADSHEETS = frozenset({".xlsx", ".xlsm", ".xls", ".ods"})
"""Suffixes of tables that are archives inside, and not read."""

_MADE_BY_SYSTEMS = {"__macosx", "thumbs.db", "desktop.ini"}
_EXCHANGE_BY = {"linux": "renameat2", "darwin": "renameatx_np"}
"""The function of the C library that exchanges two folders; both take the same arguments."""
_EXCHANGE, _NO_FOLDER = 2, -1  # its flag; for a folder that absolute paths do not need
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_ASCII_SHARE = 0.8  # of text in an encoding older than UTF-8


@contextmanager
def replace_path(path: Path, *, may_replace: bool = True) -> Iterator[Path]:
    """Make a file or folder beside its place, and move it there once it is complete.

    Yields a path of the same name, where nothing exists yet. A folder takes the place of an older
    folder, a file that of an older file. Where the system can exchange two folders (Linux, macOS),
    there is one of them at any moment; elsewhere there is none for the blink of an eye.

    Args:
        path: The file or folder.
        may_replace: Whether a folder may take the place of an older one that is not empty.

    Raises:
        OSError: If the disk refuses it, or it may not replace what is there, which stays.
    """
    beside = _new_beside(path)
    made, old = beside / path.name, beside / f"{path.name}.old"
    try:
        yield made
        if may_replace and made.is_dir() and path.is_dir():
            if _exchange(made, path):
                return
            _move(path, old)
        try:
            _move(made, path)
        except BaseException:
            if old.is_dir() and not path.exists():
                old.replace(path)
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def remove_folder(path: Path) -> None:
    """Remove a folder at once: nobody sees half of it.

    Raises:
        OSError: If the disk refuses it; the whole folder stays.
    """
    beside = _new_beside(path)
    try:
        _move(path, beside / path.name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def is_being_replaced(path: Path, *, within_s: float) -> bool:
    """Whether something was begun or moved so recently that takes the place of a file or folder.

    A process that was killed leaves what it had begun for good.
    """
    return any(age_s < within_s for age_s in _ages_beside(path).values())


def remove_leftovers(path: Path, *, older_than_s: float) -> None:
    """Remove what killed processes left beside a file or folder when they were to replace it."""
    for beside, age_s in _ages_beside(path).items():
        if age_s > older_than_s:
            shutil.rmtree(beside, ignore_errors=True)


def _ages_beside(path: Path) -> dict[Path, float]:
    """The folders that `_new_beside` made, with the seconds since something was moved in or out."""
    name = re.compile(rf"\.{re.escape(path.name)}-[0-9a-f]{{8}}")
    ages_s = {}
    with suppress(OSError):
        for other in path.parent.iterdir():
            if name.fullmatch(other.name):
                with suppress(FileNotFoundError):
                    ages_s[other] = time.time() - other.stat().st_mtime
    return ages_s


def _new_beside(path: Path) -> Path:
    """A new hidden folder beside a file or folder."""
    # Not `secrets`: it makes `import fer` slower. Not `tempfile`: on Windows, its folders and all
    # that is made in them are their owner's alone.
    beside = path.parent / f".{path.name}-{os.urandom(4).hex()}"
    beside.mkdir()
    return beside


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system or the disk cannot."""
    import ctypes

    name = _EXCHANGE_BY.get(sys.platform)
    exchange = getattr(ctypes.CDLL(None), name, None) if name else None
    if exchange is None:
        return False
    paths = [ctypes.c_char_p(os.fsencode(path.absolute())) for path in (one, other)]
    return bool(exchange(_NO_FOLDER, paths[0], _NO_FOLDER, paths[1], _EXCHANGE) == 0)


@contextmanager
def replace_file(path: Path, *, sync: bool = True) -> Iterator[IO[bytes]]:
    """Write a file beside its place, and move it there once it is complete.

    Args:
        path: The file.
        sync: Wait for the disk first, so that the file survives a power cut.

    Raises:
        OSError: If the disk refuses it; the old file stays.
    """
    with replace_path(path) as made, made.open("wb") as file:
        yield file
        file.flush()
        if sync:
            os.fsync(file.fileno())


def _move(made: Path, path: Path) -> None:
    """Move a file or folder; Windows refuses that while a process reads what it replaces."""
    for pause_s in (0.02, 0.05, 0.1, 0.3, 0.6) if os.name == "nt" else ():
        try:
            made.replace(path)
        except PermissionError:
            time.sleep(pause_s)
        else:
            return
    made.replace(path)


def write_text(path: Path, text: str, *, sync: bool = True) -> None:
    """Write a text file as `replace_file` does."""
    with replace_file(path, sync=sync) as file:
        file.write(text.encode())


def write_bytes(path: Path, content: bytes | bytearray) -> None:
    """Write a file as `replace_file` does."""
    with replace_file(path) as file:
        file.write(content)


def is_hidden(name: str) -> bool:
    """Whether the system made a file or folder of this name for itself."""
    return name.startswith(".") or name.lower() in _MADE_BY_SYSTEMS


def is_text(head: bytes) -> bool:
    """Whether a file that begins so is text: UTF-8, UTF-16, or an older encoding of Latin letters.

    A character that is cut off at the end does not matter.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", errors="ignore")
    else:
        try:
            text = head.decode()
        except UnicodeDecodeError as error:
            is_cut = error.start >= len(head) - 3
            text = head[: error.start].decode() if is_cut else head.decode("latin-1")
            if not is_cut and sum(byte < 128 for byte in head) < _ASCII_SHARE * len(head):
                return False
    return all(letter.isprintable() or letter.isspace() for letter in text)


def is_folder(path: Path) -> bool:
    """Whether it is a folder; where permissions hide that, unlike `Path.is_dir`, no error."""
    return os.path.isdir(path)  # noqa: PTH112


def exists(path: Path) -> bool:
    """Whether anything is there; where permissions hide that, unlike `Path.exists`, no error."""
    return os.path.exists(path)  # noqa: PTH110


@contextmanager
def writing(folder: Path, error: type[Exception], *, variable: str = "FER_HOME") -> Iterator[None]:
    """Turn an OSError into an error that people can act on.

    Args:
        folder: The folder that is written to.
        error: The error to raise.
        variable: The environment variable that moves the folder elsewhere.
    """
    try:
        yield
    except OSError as cause:
        raise error(
            f"'{folder}' cannot be written to ({cause.strerror or cause}). {way_out(cause)}, or "
            f"set {variable} to another folder."
        ) from cause


def is_full(error: OSError) -> bool:
    """Whether a disk, a quota or the size of a file is at its limit."""
    return error.errno in _FULL


def is_forbidden(error: OSError) -> bool:
    """Whether this program may not write there."""
    return error.errno in _FORBIDDEN


def way_out(error: OSError) -> str:
    """What to do about a folder that cannot be written to, without a stop at the end."""
    return "Allow this program to write there" if is_forbidden(error) else "Make room there"
