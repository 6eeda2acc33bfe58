"""Class folders: `train|test|validation/<emotion>/*` at any depth, `<emotion>/train|test/*`, or
plain `<emotion>/*`."""

import re
from functools import partial
from itertools import takewhile
from pathlib import Path

import pandas as pd

from fer import emotions
from fer.data.classes import LEFT_OUT, Classes, unknown_classes
from fer.data.readers.layout import places
from fer.data.readers.listing import Listing, Reader, Tree, scan
from fer.data.skipped import by_reason
from fer.data.votes import VOTES_FILE, add_votes, with_votes
from fer.errors import DatasetError
from fer.files import is_hidden
from fer.image_formats import SUFFIXES, why_no_image_file

_SHOWN = 3  # files and reasons in an error
_OFFICIAL = {"Training": "train", "PublicTest": "public_test", "PrivateTest": "private_test"}
_OFFICIAL_NAME = re.compile(rf"({'|'.join(_OFFICIAL)})_\d+")
_ENTERFACE = re.compile(r"e(?:n|in)terface", re.IGNORECASE)
_ENTERFACE_SUBJECT = re.compile(r"s(?:ubject)?[ _-]?(\d{1,2})[ _-]+(?:an|di|fe|ha|sa|su)", re.I)


def folder_reader(root: Path, classes: Classes) -> Reader:
    """Images whose folder names their class.

    FER-2013's file names (`Training_*`, `PublicTest_*`, `PrivateTest_*`) give the official
    three-way split, which Kaggle's two folders have lost; eNTERFACE's give the person.
    """
    tree = scan(root, f"folders 5 {classes.identity}")
    return Reader(tree.signature, partial(_listing, root, tree, classes))


def _listing(root: Path, tree: Tree, classes: Classes) -> Listing:
    rows, skipped = _faces(root, tree, classes)
    paths = [path for path, *_ in rows]
    is_enterface = bool(_ENTERFACE.search(f"{root.name}/{paths[0]}"))
    subjects = [_enterface_subject(path) if is_enterface else "" for path in paths]
    table = pd.DataFrame(rows, columns=["path", "label", "split", "stamp"])
    table.insert(3, "subject", subjects)
    sidecars = [
        folder + VOTES_FILE
        for folder, lines in tree.folders
        if any(line.startswith(VOTES_FILE + "\0") for line in lines)
    ]
    table = add_votes(table, root, sidecars, skipped)
    layout = "class folders"
    if any(_OFFICIAL_NAME.match(path.rpartition("/")[2]) for path in paths[:1000]):
        layout = "FER-2013 in class folders, with its official split in the file names"
    elif is_enterface:
        people = len(set(subjects) - {""}) or "no"
        layout = f"eNTERFACE images, {people} people known by their file names"
    mixed = _mixed(rows, classes)
    return Listing(
        source_format=f"{layout}: {len(paths):,} images{mixed}{with_votes(table)}",
        table=table,
        skipped=tuple(skipped),
        image=lambda row: f"{root}/{paths[row]}",
    )


def _faces(
    root: Path, tree: Tree, classes: Classes
) -> tuple[list[tuple[str, str, str, str]], list[tuple[str, str]]]:
    """Path, label, split and stamp of every image in a class folder; and what is skipped."""
    rows: list[tuple[str, str, str, str]] = []
    unknown: list[tuple[str, str]] = []
    skipped = list(tree.skipped)
    images_of: dict[str, list[str]] = {}
    for folder, lines in tree.folders:
        images, others = _images_among(root, folder, lines)
        skipped += others
        if images:
            images_of[folder] = images
    for folder, place in places(images_of, classes).items():
        class_name, split, reason = place
        if label := classes.label_of(class_name) if class_name else "":
            for line in images_of[folder]:
                name, _, stamp = line.partition("\0")
                rows.append((folder + name, label, _split(name, split), stamp))
            continue
        reason = LEFT_OUT if classes.leaves_out(class_name) else reason
        paths = [folder + line.partition("\0")[0] for line in images_of[folder]]
        if reason:
            skipped += [(path, reason) for path in paths]
        else:
            unknown += [(class_name, path) for path in paths]
    if unknown:
        raise unknown_classes(
            root, [name for name, _ in unknown], lambda row: f"{root}/{unknown[row][1]}"
        )
    if not rows:
        found = "; ".join(
            f"{one.listed(_SHOWN)} ({one.reason})" for one in by_reason(skipped)[:_SHOWN]
        )
        raise DatasetError(
            f"'{root}' holds no images in class folders.{f' Not used: {found}.' if found else ''} "
            f"Expected class folders named {', '.join(emotions.ALL)} or an alias of these, each in "
            "train, validation or test, or in none of them; or a table of the images and their "
            "labels."
        )
    return rows, skipped


def _mixed(rows: list[tuple[str, str, str, str]], classes: Classes) -> str:
    """The folders above the classes that name no part, whose images are shared out together."""
    folders = [path.split("/")[:-1] for path, _, split, _ in rows if not split]
    ends = zip(min(folders, default=[]), max(folders, default=[]), strict=False)
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], ends)))
    first = dict.fromkeys(names[shared] for names in folders if len(names) > shared)
    found = [name for name in first if not classes.is_certain(name)]
    if len(found) < 2 or len(found) < len(first):
        return ""
    listed = ", ".join(f"'{name}'" for name in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
    return f" from {len(found):,} folders that name no part ({listed}{more})"


def _images_among(
    root: Path, folder: str, lines: list[str]
) -> tuple[list[str], list[tuple[str, str]]]:
    """The lines of the files that may be images; and path and reason of the others."""
    images, skipped = [], []
    for line in lines:
        name = line.partition("\0")[0]
        if name[name.rfind(".") :].lower() in SUFFIXES:
            images.append(line)
        elif name != VOTES_FILE and not is_hidden(name):
            if reason := why_no_image_file(root / folder / name):
                skipped.append((folder + name, reason))
            else:
                images.append(line)
    return images, skipped


def _split(name: str, part: str) -> str:
    """The split that FER-2013's file names give; that of the folder for other names."""
    official = _OFFICIAL_NAME.match(name) if part else None
    return _OFFICIAL[official[1]] if official else part


def _enterface_subject(path: str) -> str:
    match = _ENTERFACE_SUBJECT.search(path.rpartition("/")[2])
    return f"s{int(match[1])}" if match else ""
