"""What every reader returns: a table of faces, and the pixels of each on demand."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

_LINK = "a link out of the data set's folder, or to a folder"
_NAME = "its name is not UTF-8; rename it"


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The faces of a source, before any pixel is read.

    Attributes:
        source_format: What the source was recognised as, in a sentence.
        table: One row per face: `path`, `label`, `split` ("" if none), `subject` ("" if none),
            `stamp` (changes when the face's file does) and, where there are any, the votes.
        skipped: (path, reason) of every file and row that is not used.
        image: Gives the image of a row: its file, absolute, or its pixels, grey (h, w) or RGB
            (h, w, 3), uint8; may raise ImageError. Called from several threads.
    """

    source_format: str
    table: pd.DataFrame
    skipped: tuple[tuple[str, str], ...]
    image: Callable[[int], str | np.ndarray]


class Reader(NamedTuple):
    """A source whose layout is known.

    Attributes:
        signature: A hash that changes with any file of the source.
        listing: Reads the source, except for its pixels; may raise DatasetError.
    """

    signature: str
    listing: Callable[[], Listing]


class Tree(NamedTuple):
    """Every file below a folder, except hidden ones.

    Attributes:
        folders: In a stable order, each with its path from the root ("" or with a slash at the
            end) and (name, stamp) of its files as `name\\0stamp`: a million tuples cost more.
        skipped: (path, reason) of links that were not followed, and of pipes and devices.
        signature: A hash over all of it.
    """

    folders: list[tuple[str, list[str]]]
    skipped: list[tuple[str, str]]
    signature: str


def scan(root: Path, what: str) -> Tree:
    """List a folder (resolved); links are followed to files inside it only.

    This runs on every use of a data set, and costs little more than the system calls. `what` is
    being read goes into the signature.
    """
    digest = hashlib.blake2b(what.encode(), digest_size=16)
    folders, skipped, pending = [], [], [""]
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
                        skipped.append((prefix + shown, _NAME))
                    elif entry.is_symlink() and not stays_inside(root, Path(entry.path)):
                        skipped.append((prefix + name, _LINK))
                    elif entry.is_dir():
                        below.append(f"{prefix}{name}/")
                    elif not stat.S_ISREG((status := entry.stat()).st_mode):
                        skipped.append((prefix + name, "a pipe or a device, not a file"))
                    else:
                        lines.append(f"{name}\0{stamp(status)}")
        except OSError as error:  # no permission, or removed meanwhile
            skipped.append((prefix.rstrip("/") or ".", error.strerror or str(error)))
        lines.sort()
        pending.extend(sorted(below, reverse=True))
        folders.append((prefix, lines))
        digest.update("\n".join((prefix, *lines)).encode(errors="surrogateescape"))
    return Tree(folders, skipped, digest.hexdigest())


def _readable(name: str) -> str:
    """A file name with a replacement character for each byte that is not UTF-8."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def stays_inside(root: Path, file: Path) -> bool:
    """Whether it is a file, and no link leads it out of the root (resolved)."""
    target = file.resolve()
    return target.is_file() and target.is_relative_to(root)


def stamp(status: os.stat_result) -> str:
    """The bytes of a file and the time of its last change."""
    return f"{status.st_size}:{status.st_mtime_ns}"


def signature_of(what: str, files: Iterable[tuple[str, str]]) -> str:
    """A hash of what is read, and of the name and stamp of each file."""
    text = "\n".join([what, *map("\0".join, files)]).encode(errors="surrogateescape")
    return hashlib.blake2b(text, digest_size=16).hexdigest()
