"""Folders of faces as they come: names of every kind, links that lead astray, damaged pictures."""

import os
from contextlib import suppress
from pathlib import Path
from random import Random

from fer.data import add, load_dataset
from fer.data.registry import remove
from fer.errors import FerError
from fer.inference.labelled_photos import labelled_photos
from tests.fuzz.files import pictures
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import damaged

SIDE = 24
_CLASSES = (
    "happy", "sad", "0", "3 happy", "Happy ", "ANGRY", "train", "test", "train/happy", "test/sad",
    "val/happy", "a b/happy", "happy/happy", ".hidden", "__MACOSX/happy", "<td>", "=1+1", "#",
    "%00", "happy\n", "n" * 200, "é", "e\u0301", "\u202ehappy", "CON", "..happy", "x/" * 40 + "sad",
)  # fmt: skip
_NAMES = (
    "1.png", "2.jpg", "3", ".png", "4.txt", "5.png.png", "=6.png", "7\n.png", "\udce4.png",
    "Thumbs.db", "fer2013.csv", "card.json", "n" * 250, "<img>.png", "8.zip",
)  # fmt: skip
_LINKS_TO = (
    ".", "..", "../..", "self", "missing", "../happy", "../sad/1.png", "loop", "deep/" * 30,
)  # fmt: skip
"""Within the input's own folder, or to nothing."""


class Folders(Kind):
    """Data sets and labelled photos in folders.

    Links are made below the input's own folder alone, and are relative. Those that lead out of the
    data set end in a folder beside it, which is checked not to be changed or taken for data.
    """

    limit_s = 30.0

    def __init__(self, folder: Path) -> None:
        self._files = pictures()[:6]

    def feed(self, rng: Random, folder: Path) -> None:
        root, beside = folder / "set", folder / "beside"
        for place in (root, beside / "happy"):
            place.mkdir(parents=True)
        kept = beside / "happy" / "secret.png"
        kept.write_bytes(self._files[5])
        for _ in range(rng.randint(1, 12)):
            place = root / rng.choice(_CLASSES)
            with suppress(OSError, ValueError):  # a name that this file system does not take
                place.mkdir(parents=True, exist_ok=True)
                self._fill(rng, place, root)
        before = kept.read_bytes()
        try:
            self._read(root)
        finally:
            assert kept.read_bytes() == before
            assert [one.name for one in beside.rglob("*")] == ["happy", "secret.png"]

    def _fill(self, rng: Random, place: Path, root: Path) -> None:
        for _ in range(rng.randint(0, 4)):
            path = place / rng.choice(_NAMES)
            with suppress(OSError, ValueError):
                if rng.random() < 0.3:
                    link(rng, path, root)
                elif not path.is_symlink() and is_inside(path, root):  # a link would be followed
                    content = rng.choice(self._files)
                    is_whole = rng.random() < 0.6
                    path.write_bytes(content if is_whole else damaged(rng, content, self._files))
                    if rng.random() < 0.05:
                        path.chmod(0)

    def _read(self, root: Path) -> None:
        last: FerError | None = None
        try:
            add(root, name="fuzzed")
            dataset = load_dataset("fuzzed", height=SIDE, width=SIDE)
            assert not any("secret" in path for path in dataset.index["path"])
        except FerError as error:
            last = error
        finally:
            with suppress(FerError):
                remove("fuzzed")
        try:
            photos = labelled_photos(root)
            assert not any("secret" in path for path in photos.labels)
        except FerError as error:
            last = error
        if last:
            raise last


def link(rng: Random, path: Path, root: Path) -> None:
    """Make a relative link that leads nowhere but into the folder of the input, or to nothing."""
    outwards = os.path.relpath(root.parent / "beside" / "happy", path.parent)
    target = rng.choice((*_LINKS_TO, outwards, f"{outwards}/secret.png"))
    if is_inside(path.parent / target, root.parent):
        path.symlink_to(target)


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path, whatever links are on its way, ends in a folder."""
    inside = os.path.realpath(folder)
    return os.path.commonpath([inside, os.path.realpath(path)]) == inside
