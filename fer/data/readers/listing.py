"""What every reader gives: a table of faces, and the pixels of each when they are wanted."""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from fer import emotions
from fer.errors import DatasetError

PARTS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "publictest": "public_test",
    "public_test": "public_test",
    "privatetest": "private_test",
    "private_test": "private_test",
}
"""Names of splits, in lower case."""

_LINK = "a link out of the data set's folder, or to a folder"
_NAME = "its name is not UTF-8; rename it"


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The faces of a source, before any pixel is read.

    Attributes:
        recognised: What the source is, in a sentence.
        table: One row per face: `path`, `label`, `split` ("" if none), `subject` ("" if none),
            `stamp` (changes when the face's file does) and, where there are any, the votes.
        left_out: (path, reason) of what is no face of this data set.
        picture: Gives the picture of a row: its file, absolute, or its pixels, grey (h, w) or RGB
            (h, w, 3), uint8; may raise ImageError. Threads call it at once.
    """

    recognised: str
    table: pd.DataFrame
    left_out: tuple[tuple[str, str], ...]
    picture: Callable[[int], str | np.ndarray]


class Reader(Protocol):
    """One layout of files."""

    def signature(self) -> str:
        """A hash that changes with any file of the source; fast, for it is asked on every use."""

    def listing(self) -> Listing:
        """Look at the source.

        Raises:
            DatasetError: If it is not what this reader reads.
        """


class File(NamedTuple):
    """A file of a source: its path relative to the root, bytes, and time of the last change."""

    path: str
    size: int
    changed_ns: int

    @property
    def stamp(self) -> str:
        return f"{self.size}:{self.changed_ns}"


@dataclass(frozen=True, kw_only=True)
class Tree:
    """Every file below a folder, hidden ones left aside.

    Attributes:
        folders: In a stable order, each with its path from the root ("" or with a slash at the
            end) and (name, stamp) of its files as `name\\0stamp`: a million tuples cost more.
        left_out: (path, reason) of links that were not followed, and of what is no file.
        signature: A hash over all of it.
    """

    folders: list[tuple[str, list[str]]]
    left_out: list[tuple[str, str]]
    signature: str


def scan(root: Path, what: str) -> Tree:
    """Look at a folder; links are followed to files inside of it only.

    It runs on every use of a data set, and costs little more than the system's own calls.

    Args:
        root: The folder, resolved.
        what: Goes into the signature.
    """
    digest = hashlib.blake2b(what.encode(), digest_size=16)
    folders, left_out, pending = [], [], [""]
    while pending:
        prefix = pending.pop()
        lines, below = [], []
        try:
            with os.scandir(f"{root}/{prefix}") as entries:
                for entry in entries:
                    name = entry.name
                    if name.startswith(".") or name == "__MACOSX":
                        continue
                    if not name.isascii() and (shown := _readable(name)) != name:
                        left_out.append((prefix + shown, _NAME))
                    elif entry.is_symlink() and not stays_inside(root, Path(entry.path)):
                        left_out.append((prefix + name, _LINK))
                    elif entry.is_dir():
                        below.append(f"{prefix}{name}/")
                    elif not stat.S_ISREG((status := entry.stat()).st_mode):
                        left_out.append((prefix + name, "a pipe or a device, no file"))
                    else:
                        lines.append(f"{name}\0{status.st_size}:{status.st_mtime_ns}")
        except OSError as error:  # no right to look, or gone while we looked
            left_out.append((prefix.rstrip("/") or ".", error.strerror or str(error)))
        lines.sort()
        pending.extend(sorted(below, reverse=True))
        folders.append((prefix, lines))
        said = "\n".join((prefix, *lines))
        digest.update(said.encode(errors="surrogateescape"))
    return Tree(folders=folders, left_out=left_out, signature=digest.hexdigest())


def _readable(name: str) -> str:
    """A file name with a mark for each byte that is no UTF-8."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def stays_inside(root: Path, file: Path) -> bool:
    """Whether it is a file, and no link leads it out of the root (resolved)."""
    target = file.resolve()
    return target.is_file() and target.is_relative_to(root)


def files_signature(what: str, files: Iterable[File]) -> str:
    """A hash over what is read and the name, size and time of some files."""
    lines = (f"{path}\0{size}\0{changed_ns}" for path, size, changed_ns in files)
    said = "\n".join([what, *lines]).encode(errors="surrogateescape")
    return hashlib.blake2b(said, digest_size=16).hexdigest()


def stat_file(path: Path, name: str | None = None) -> File:
    """One file as it is now."""
    status = path.stat()
    return File(name or path.name, status.st_size, status.st_mtime_ns)


def label_of(name: str, *, custom_classes: bool) -> str:
    """The label that a data set's name for an emotion means; "" if unknown."""
    if emotions.is_known(name):
        return emotions.canonical(name)
    return re.sub(r"\s+", "_", name.strip().lower()) if custom_classes else ""


def unknown_classes(source: Path, names: list[str]) -> DatasetError:
    """The error about classes that nobody knows."""
    listed = ", ".join(f"'{name}'" for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return DatasetError(
        f"'{source}' holds pictures of unknown classes: {listed}{more}. Known: "
        f"{', '.join(emotions.ALL)}, and aliases of these. Rename them, or keep them as classes of "
        "your own: --custom-classes on the command line, custom_classes=True in Python."
    )
