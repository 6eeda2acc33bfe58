"""Where the files are that a table names: beside it, below it, or on another machine once."""

import os
import posixpath
import re
import stat
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePath
from urllib.parse import unquote

from fer.data.class_names import understood
from fer.data.parts import part_of
from fer.data.readers.listing import scan, stamp
from fer.image_formats import SUFFIXES

_DRIVE = re.compile(r"[A-Za-z]:/")
_SUFFIX = re.compile(r"\.\w{1,5}$")
_HOST = re.compile(r"[A-Za-z][A-Za-z+.-]+://[^/]*")


class Finder:
    """Finds image files below a data set's folder by the paths in a table.

    A path counts from the table's folder, or from the data set's. What is found in neither place is
    looked for in every folder below, and taken if there is exactly one such file; its suffix may be
    missing or another one in the table, and so may the case of its letters. An absolute path, or an
    address, may come from another machine: of the files that have its
    name, the one counts that shares the most folders with it, from the name upwards. It shares one
    at least, unless it lies where paths count from.
    """

    def __init__(self, root: Path, folder: Path, *, ending: str = "") -> None:
        """Look below a root (resolved).

        Args:
            root: The data set's folder.
            folder: The table's folder, which is the root or below it.
            ending: What may stand before the suffix of the files, but not in the table.
        """
        self._root = str(root)
        below = folder.relative_to(root).as_posix()
        self._bases = [""] if below == "." else [f"{below}/", ""]
        self._base_folders = [base.rstrip("/") for base in self._bases]
        self._ending = ending
        self._inside: dict[str, bool] = {}

    def find(self, path: str) -> tuple[str, str, str]:
        """The file's path from the root, its stamp, and "" or the reason why it cannot be used."""
        wanted = _HOST.sub("", path.replace("\\", "/").strip())
        if not wanted or "\0" in wanted:
            return path, "", "no file is named" if not wanted else _MISSING
        is_absolute = wanted.startswith("/") or bool(_DRIVE.match(wanted))
        if is_absolute and not wanted.startswith(f"{self._root}/"):
            return self._elsewhere(wanted)
        if is_absolute:
            wanted = wanted[len(self._root) + 1 :]
        if not self._ending and (found := self._relative(wanted, [""] if is_absolute else None)):
            return found
        found = self._anywhere(wanted)
        if found[2] == _MISSING and (plain := unquote(wanted)) != wanted:
            return self.find(plain)
        return found

    def _relative(self, path: str, bases: Sequence[str] | None) -> tuple[str, str, str] | None:
        for base in self._bases if bases is None else bases:
            if (found := self._examine(posixpath.normpath(base + path))) is not None:
                return found
        return None

    def _elsewhere(self, path: str) -> tuple[str, str, str]:
        """The file that an absolute path of another machine means."""
        folders = [part for part in path.split("/")[:-1] if part not in ("", ".")]
        for there in self._named(path):
            shared = {one: _shared(folders, one.split("/")[:-1]) for one in there}
            most = max(shared.values(), default=0)
            best = [one for one, number in shared.items() if number == most]
            if most <= 0:  # the folder of the table may have another name here
                best = [
                    one for one in there
                    if shared[one] >= 0 and posixpath.dirname(one) in self._base_folders
                ]  # fmt: skip
            if best:
                return self._only(path, best)
            if there:
                return path, "", f"no such file; {there[0]} has its name, but is in another folder"
        return path, "", _MISSING

    def _anywhere(self, path: str) -> tuple[str, str, str]:
        folder = posixpath.dirname(posixpath.normpath(path)).casefold()
        for there in self._named(path):
            if found := [
                one for one in there
                if not folder or f"/{posixpath.dirname(one)}".casefold().endswith(f"/{folder}")
            ]:  # fmt: skip
                return self._only(path, found)
        return path, "", _MISSING

    def _only(self, path: str, there: Sequence[str]) -> tuple[str, str, str]:
        if len(there) == 1:
            return self._examine(there[0]) or (path, "", _MISSING)
        return path, "", f"{len(there):,} files have this name, such as {there[0]} and {there[1]}"

    def _named(self, path: str) -> Iterator[list[str]]:
        """The files below that have the name of a path, by each name that it may have."""
        name = posixpath.basename(posixpath.normpath(path))
        stem = _SUFFIX.sub("", name)
        if self._ending:
            yield self._below[f"{stem}{self._ending}"]
        yield self._below[name]
        yield self._folded[name.casefold()]
        yield self._folded[stem.casefold()]  # with another suffix

    def _examine(self, path: str) -> tuple[str, str, str] | None:
        """None if nothing has this path from the root."""
        file = f"{self._root}/{path}"
        try:
            status = os.lstat(file)
            if not self._is_inside(os.path.dirname(file)):  # noqa: PTH120 - runs once a face
                return path, "", _OUTSIDE
            if stat.S_ISLNK(status.st_mode):
                if not self._is_inside(file):
                    return path, "", _OUTSIDE
                status = os.stat(file)  # noqa: PTH116
        except (OSError, ValueError):
            return (path, "", _OUTSIDE) if path.startswith("../") else None
        if not stat.S_ISREG(status.st_mode):
            return path, "", "not a file"
        return path, stamp(status), ""

    def _is_inside(self, path: str) -> bool:
        known = self._inside.get(path)
        if known is None:
            known = self._inside[path] = Path(path).resolve().is_relative_to(self._root)
        return known

    @cached_property
    def _folded(self) -> defaultdict[str, list[str]]:
        """The paths of the images, by their names and stems in lower case."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name, there in self._below.items():
            images = [one for one in there if PurePath(one).suffix.lower() in SUFFIXES]
            found[name.casefold()] += images
        return found

    @cached_property
    def _below(self) -> defaultdict[str, list[str]]:
        """The paths of all files below the root, by their names with and without a suffix."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for folder, lines in scan(Path(self._root), "names").folders:
            for line in lines:
                name = line.partition("\0")[0]
                found[name].append(folder + name)
                if (stem := _SUFFIX.sub("", name)) != name:
                    found[stem].append(folder + name)
        return found


_MISSING = "no such file"
_OUTSIDE = "outside the data set's folder"


def _shared(folders: Sequence[str], others: Sequence[str]) -> int:
    """How many folders two paths share, from the last one upwards.

    -1 if the next ones are different parts or classes: `train/happy` is not `test/happy`.
    """
    number = 0
    for one, other in zip(reversed(folders), reversed(others), strict=False):
        if one.casefold() != other.casefold():
            meanings = [(meaning(one), meaning(other)) for meaning in (part_of, understood)]
            return -1 if any(a != b for a, b in meanings if a and b) else number
        number += 1
    return number
