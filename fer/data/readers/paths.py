"""Where the files are that a table names: beside it, below it, or on another machine once."""

import os
import posixpath
import re
import stat
from collections import defaultdict
from functools import cached_property
from pathlib import Path

from fer.data.readers.listing import scan, stamp

_DRIVE = re.compile(r"[A-Za-z]:/")
_SUFFIX = re.compile(r"\.\w{1,5}$")


class Finder:
    """Finds image files below a data set's folder by the paths in a table.

    A path counts from the table's folder, or from the data set's. Of an absolute path, which may
    come from another machine, the longest tail counts that exists there. What is found in neither
    place is looked for in every folder below, and taken if there is exactly one such file; its
    suffix may be missing in the table.
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
        self._ending = ending
        self._tail = 0  # leading parts to drop, as for the path before
        self._inside: dict[str, bool] = {}

    def find(self, path: str) -> tuple[str, str, str]:
        """The file's path from the root, its stamp, and "" or the reason why it cannot be used."""
        wanted = path.replace("\\", "/").strip()
        if not wanted or "\0" in wanted:
            return path, "", "no file is named" if not wanted else "no such file"
        is_absolute = wanted.startswith("/") or bool(_DRIVE.match(wanted))
        if not self._ending:
            found = self._absolute(wanted) if is_absolute else self._relative(wanted)
            if found:
                return found
        return self._anywhere(wanted, is_absolute=is_absolute)

    def _relative(self, path: str) -> tuple[str, str, str] | None:
        for base in self._bases:
            if (found := self._examine(posixpath.normpath(base + path))) is not None:
                return found
        return None

    def _absolute(self, path: str) -> tuple[str, str, str] | None:
        if path.startswith(f"{self._root}/"):
            return self._examine(posixpath.normpath(path[len(self._root) + 1 :]))
        parts = [part for part in path.split("/") if part not in ("", ".", "..")]
        for drop in (self._tail, *range(1, len(parts))):
            tail = "/".join(parts[drop:])
            if drop and tail and (found := self._relative(tail)):
                self._tail = drop
                return found
        return None

    def _anywhere(self, path: str, *, is_absolute: bool) -> tuple[str, str, str]:
        plain = posixpath.normpath(path)
        *_, name = plain.split("/")
        stem = _SUFFIX.sub("", name)
        names = [f"{stem}{self._ending}"] if self._ending else []
        names += [name] if name != stem else [name, stem]
        for wanted in names:
            there = self._below[wanted]
            if not is_absolute and "/" in plain:
                folder = posixpath.dirname(plain)
                there = [
                    one for one in there if f"/{posixpath.dirname(one)}".endswith(f"/{folder}")
                ]
            if len(there) == 1 and (found := self._examine(there[0])):
                return found
            if there:
                reason = f"{len(there):,} files have this name, such as {there[0]} and {there[1]}"
                return path, "", reason
        return path, "", "no such file"

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


_OUTSIDE = "outside the data set's folder"
