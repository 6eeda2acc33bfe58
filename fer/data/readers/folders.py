"""Class folders: `train|test|validation/<emotion>/*` at any depth, or plain `<emotion>/*`."""

import re
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from fer import emotions
from fer.data.readers.listing import PARTS, Listing, Tree, label_of, scan, unknown_classes
from fer.data.votes import COLUMNS, VOTES_FILE, read_sidecar
from fer.errors import DatasetError
from fer.images import SUFFIXES

_OFFICIAL = re.compile(r"^(Training|PublicTest|PrivateTest)_\d+")
_ENTERFACE = re.compile(r"e(?:n|in)terface", re.IGNORECASE)
_ENTERFACE_SUBJECT = re.compile(r"s(?:ubject)?[ _-]?(\d{1,2})[ _-]+(?:an|di|fe|ha|sa|su)", re.I)


class FolderReader:
    """Images whose folder names their class.

    FER-2013's file names (`Training_*`, `PublicTest_*`, `PrivateTest_*`) give the official
    three-way split, which Kaggle's two folders have lost; eNTERFACE's give the person.
    """

    def __init__(self, root: Path, *, custom_classes: bool) -> None:
        self._root = root
        self._custom = custom_classes

    @cached_property
    def _tree(self) -> Tree:
        return scan(self._root, f"folders {self._custom}")

    def signature(self) -> str:
        return self._tree.signature

    def listing(self) -> Listing:
        skipped = list(self._tree.skipped)
        table = self._faces(skipped)
        paths = table["path"].tolist()
        is_enterface = bool(_ENTERFACE.search(f"{self._root.name}/{paths[0]}"))
        subjects = [_enterface_subject(path) if is_enterface else "" for path in paths]
        table.insert(3, "subject", subjects)
        voted = self._add_votes(table, paths, skipped)
        layout = "class folders"
        if any(_OFFICIAL.match(path.rpartition("/")[2]) for path in paths[:1000]):
            layout = "FER-2013 in class folders, with its official split in the file names"
        elif is_enterface:
            people = len(set(subjects) - {""}) or "no"
            layout = f"eNTERFACE images, {people} people known by their file names"
        with_votes = f", crowd votes for {voted:,}" if voted else ""
        return Listing(
            source_format=f"{layout}: {len(paths):,} images{with_votes}",
            table=table,
            skipped=tuple(skipped),
            image=lambda row: f"{self._root}/{paths[row]}",
        )

    def _faces(self, skipped: list[tuple[str, str]]) -> pd.DataFrame:
        """`path`, `label`, `split` and `stamp` of every image in a class folder.

        Args:
            skipped: Receives the images that are in none.
        """
        rows: list[tuple[str, str, str, str]] = []
        unknown = []
        for folder, lines in self._tree.folders:
            images = [line for line in lines if _is_image(line)]
            if not images:
                continue
            *parents, class_name = folder[:-1].split("/")
            if not class_name or class_name.lower() in PARTS:
                names = (line.partition("\0")[0] for line in images)
                skipped += [(folder + name, "not in a class folder") for name in names]
            elif label := label_of(class_name, custom_classes=self._custom):
                part = next((PARTS[p.lower()] for p in reversed(parents) if p.lower() in PARTS), "")
                for line in images:
                    name, _, stamp = line.partition("\0")
                    rows.append((folder + name, label, _split(name, part), stamp))
            else:
                unknown.append(folder[:-1])
        if unknown:
            raise unknown_classes(self._root, unknown)
        if not rows:
            raise DatasetError(
                f"'{self._root}' holds no images in class folders. Expected "
                f"class folders named {', '.join(emotions.ALL)} or an alias of these, each in "
                "train, validation or test, or in none of them."
            )
        return pd.DataFrame(rows, columns=["path", "label", "split", "stamp"])

    def _add_votes(
        self, table: pd.DataFrame, paths: list[str], skipped: list[tuple[str, str]]
    ) -> int:
        """Add the votes of every `votes.csv` and return the number of faces that have some."""
        files = [
            folder + VOTES_FILE
            for folder, lines in self._tree.folders
            if any(line.startswith(VOTES_FILE + "\0") for line in lines)
        ]
        if not files:
            return 0
        row_of = {path: row for row, path in enumerate(paths)}
        votes = np.full((len(paths), len(COLUMNS)), np.nan, np.float32)
        for name in files:
            sidecar = read_sidecar(self._root / name, folder=name[: -len(VOTES_FILE)])
            rows = np.array([row_of.get(path, -1) for path in sidecar["path"].tolist()], np.int64)
            votes[rows[rows >= 0]] = sidecar[list(COLUMNS)].to_numpy(np.float32)[rows >= 0]
            if strangers := int((rows < 0).sum()):
                skipped.append((name, f"{strangers:,} of its rows name no image of this data set"))
        table[list(COLUMNS)] = votes
        return int((~np.isnan(votes[:, 0])).sum())


def _is_image(line: str) -> bool:
    name = line.partition("\0")[0]
    return name[name.rfind(".") :].lower() in SUFFIXES


def _split(name: str, part: str) -> str:
    """The split that FER-2013's file names give; that of the folder for other names."""
    official = _OFFICIAL.match(name) if part else None
    return PARTS[official[1].lower()] if official else part


def _enterface_subject(path: str) -> str:
    match = _ENTERFACE_SUBJECT.search(path.rpartition("/")[2])
    return f"s{int(match[1])}" if match else ""
