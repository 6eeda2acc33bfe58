"""Class folders: `train|test|validation/<emotion>/*` at any depth, or plain `<emotion>/*`."""

import re
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from fer import emotions
from fer.data.readers.listing import (
    PARTS,
    Listing,
    Tree,
    label_of,
    scan,
    unknown_classes,
)
from fer.data.votes import COLUMNS, VOTES_FILE, read_sidecar
from fer.errors import DatasetError
from fer.images import SUFFIXES

_OFFICIAL = re.compile(r"^(Training|PublicTest|PrivateTest)_\d+")
_ENTERFACE = re.compile(r"e(?:n|in)terface", re.IGNORECASE)
_ENTERFACE_SUBJECT = re.compile(r"s(?:ubject)?[ _-]?(\d{1,2})[ _-]+(?:an|di|fe|ha|sa|su)", re.I)


class FolderReader:
    """Pictures whose folder names their class.

    FER-2013's file names (`Training_*`, `PublicTest_*`, `PrivateTest_*`) give the official
    three-way split back that Kaggle's two folders have lost; eNTERFACE's give the person.

    Args:
        root: The folder, absolute.
        custom_classes: Keep unknown emotions as classes of their own.
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
        left_out = list(self._tree.left_out)
        paths: list[str] = []
        labels: list[str] = []
        splits: list[str] = []
        stamps: list[str] = []
        unknown = []
        for folder, lines in self._tree.folders:
            pictures = [line for line in lines if _is_picture(line)]
            if not pictures:
                continue
            *parents, class_name = folder[:-1].split("/")
            if not class_name or class_name.lower() in PARTS:
                names = (line.partition("\0")[0] for line in pictures)
                left_out += [(folder + name, "not in a class folder") for name in names]
                continue
            label = label_of(class_name, custom_classes=self._custom)
            if not label:
                unknown.append(folder[:-1])
                continue
            part = next((PARTS[p.lower()] for p in reversed(parents) if p.lower() in PARTS), "")
            for line in pictures:
                name, _, stamp = line.partition("\0")
                official = _OFFICIAL.match(name) if part else None
                paths.append(folder + name)
                splits.append(PARTS[official[1].lower()] if official else part)
                stamps.append(stamp)
            labels += [label] * len(pictures)
        if unknown:
            raise unknown_classes(self._root, unknown)
        if not paths:
            raise DatasetError(
                f"'{self._root}' holds no pictures in class folders. Expected "
                f"class folders named {', '.join(emotions.ALL)} or an alias of these, each in "
                "train, validation or test, or in none of them."
            )
        is_enterface = bool(_ENTERFACE.search(f"{self._root.name}/{paths[0]}"))
        subjects = [_enterface_subject(path) if is_enterface else "" for path in paths]
        table = pd.DataFrame(
            {"path": paths, "label": labels, "split": splits, "subject": subjects, "stamp": stamps}
        )
        voted = self._add_votes(table, paths, left_out)
        known = "class folders"
        if any(_OFFICIAL.match(path.rpartition("/")[2]) for path in paths[:1000]):
            known = "FER-2013 in class folders, with its official split in the file names"
        elif is_enterface:
            people = len(set(subjects) - {""}) or "no"
            known = f"eNTERFACE images, {people} people known by their file names"

        with_votes = f", crowd votes for {voted:,}" if voted else ""
        return Listing(
            recognised=f"{known}: {len(paths):,} pictures{with_votes}",
            table=table,
            left_out=tuple(left_out),
            picture=lambda row: f"{self._root}/{paths[row]}",
        )

    def _add_votes(
        self,
        table: pd.DataFrame,
        paths: list[str],
        left_out: list[tuple[str, str]],
    ) -> int:
        """Add the votes of every `votes.csv` and return the number of faces that have some."""
        found = [
            folder + VOTES_FILE
            for folder, lines in self._tree.folders
            if any(line.startswith(VOTES_FILE + "\0") for line in lines)
        ]
        if not found:
            return 0
        row_of = {path: row for row, path in enumerate(paths)}
        votes = np.full((len(paths), len(COLUMNS)), np.nan, np.float32)
        for name in found:
            sidecar = read_sidecar(self._root / name, folder=name[: -len(VOTES_FILE)])
            rows = np.array([row_of.get(path, -1) for path in sidecar["path"].tolist()], np.int64)
            votes[rows[rows >= 0]] = sidecar[list(COLUMNS)].to_numpy(np.float32)[rows >= 0]
            if strangers := int((rows < 0).sum()):
                left_out.append((name, f"{strangers:,} of its rows name no picture that is here"))
        table[list(COLUMNS)] = votes
        return int((~np.isnan(votes[:, 0])).sum())


def _is_picture(line: str) -> bool:
    name = line.partition("\0")[0]
    return name[name.rfind(".") :].lower() in SUFFIXES


def _enterface_subject(path: str) -> str:
    found = _ENTERFACE_SUBJECT.search(path.rpartition("/")[2])
    return f"s{int(found[1])}" if found else ""
