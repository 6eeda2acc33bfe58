"""The tables of a data set: which files are tables, which of them are used, and how."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from fer.data.classes import Classes
from fer.data.compressed import is_compressed, plain_name
from fer.data.parts import part_within
from fer.data.readers.array_files import ARRAY_SUFFIXES, PICKLES, pickled
from fer.data.readers.arrays import open_arrays
from fer.data.readers.arrow_files import ARROW_SUFFIXES
from fer.data.readers.blocks import damage_in
from fer.data.readers.columns import Columns, TableError, recognise
from fer.data.readers.delimited import SEPARATORS, Record, fields, records, text, text_encoding
from fer.data.readers.encoded import read_encoded_rows
from fer.data.readers.json_tables import JSON_SUFFIXES, open_json
from fer.data.readers.listing import stamp, stays_inside
from fer.data.readers.manifest import delimited_frame, read_manifest
from fer.data.readers.parquet import open_parquet
from fer.data.readers.pixels import (
    FERPLUS_FILE,
    Layout,
    check_side_by_side,
    read_pixel_rows,
    votes_beside,
)
from fer.data.readers.rows import Opened, Rows
from fer.data.votes import VOTES_FILE
from fer.files import SPREADSHEETS

PARQUET_SUFFIXES = frozenset({".parquet", ".pq"})
TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt", ".lst", ".list", ".dat", ".data"})
TABLE_SUFFIXES = (
    TEXT_SUFFIXES
    | JSON_SUFFIXES
    | PARQUET_SUFFIXES
    | ARROW_SUFFIXES
    | ARRAY_SUFFIXES
    | PICKLES
    | SPREADSHEETS
)

_UNSURE = frozenset(
    {".txt", ".lst", ".list", ".dat", ".data", ".json", ".mat", ""}
)  # tables only if they look like one
_MAX_UNSURE = 20  # of a folder: more are one file for each image
_MAX_DEPTH = 2
_SAMPLE = 6
_SHARD = re.compile(r"(?:^|[^0-9])\d{4,5}(?:-of-\d{5})?\.(?:parquet|pq|arrow)$")
_CACHE = re.compile(r"cache-[0-9a-f]{16}.*\.arrow")  # of `datasets`, beside what it was made of

Refused = list[tuple[str, TableError]]


def open_table(root: Path, file: Path, classes: Classes) -> Opened:
    """Find out what a file holds, whatever its name.

    Args:
        root: The data set's folder.
        file: A file in it.
        classes: What the names of classes mean.

    Raises:
        TableError: If it is no table of faces.
    """
    name = file.relative_to(root).as_posix()
    suffix = _suffix(file)
    try:
        with file.open("rb") as opened:
            head = opened.read(16)
    except OSError as error:
        raise TableError(name, f"it cannot be read: {error.strerror}") from None
    if suffix in PICKLES or re.match(rb"\x80[\x02-\x05]", head):
        raise pickled(name, "it is a pickle")
    if suffix in SPREADSHEETS:
        advice = "Save it as CSV in the program that wrote it, and add that."
        raise TableError(name, "it is a spreadsheet", expected=advice)
    if re.match(rb"Rar!|7z\xbc\xaf", head):
        advice = "Unpack it, and add the folder; ZIP and TAR are unpacked here."
        raise TableError(name, "it is an archive of RAR or 7-Zip", expected=advice)
    if head.startswith(b"version https://"):  # git-lfs.github.com/spec/v1
        advice = "Fetch the data with: git lfs pull."
        raise TableError(name, "it only points to data in Git LFS", expected=advice)
    if head.startswith(b"PAR1") or suffix in ARROW_SUFFIXES:
        return open_parquet(root, file, classes)
    if suffix in JSON_SUFFIXES:
        return open_json(root, file, classes)
    if suffix == ".npy":
        beside = [one for one in sorted(file.parent.glob("*.[nN][pP][yY]")) if one != file]
        return open_arrays(root, [file, *(one for one in beside if stays_inside(root, one))])
    if suffix in ARRAY_SUFFIXES:
        return open_arrays(root, [file])
    if not head:
        raise TableError(name, "it is empty", is_meant=False)
    if not is_compressed(file):
        return _open_text(root, file, name, classes)
    with damage_in(name):
        opened_text = _open_text(root, file, name, classes)
    return replace(opened_text, rows=partial(_unpacked, opened_text))


def _unpacked(table: Opened) -> Rows:
    with damage_in(table.name):
        return table.rows()


def open_all(root: Path, files: Sequence[Path], classes: Classes) -> tuple[list[Opened], Refused]:
    """Every table among some files, and (name, error) of what is none."""
    opened: list[Opened] = []
    refused: Refused = []
    arrays = {one.parent: one for one in reversed(files) if one.suffix.lower() == ".npy"}
    for file in sorted(files, key=lambda one: one.name == FERPLUS_FILE):
        if file.suffix.lower() == ".npy" and arrays[file.parent] != file:
            continue  # read with the first one
        if file.name == VOTES_FILE or (file.name == FERPLUS_FILE and opened):
            continue  # read with what they belong to
        try:
            opened.append(open_table(root, file, classes))
        except TableError as error:
            if error.is_meant or _suffix(file) not in _UNSURE:
                refused.append((file.relative_to(root).as_posix(), error))
    return opened, refused


def chosen(opened: Sequence[Opened]) -> tuple[list[tuple[Opened, str]], list[Opened]]:
    """The tables to read, each with the split of its rows ("" if it gives them), and the others.

    One table with splits is enough, unless there are several that are named after splits or are
    shards. Without any, all whose names, or the names of whose folders, are those of splits are
    read together, and so are the shards of one Parquet table.
    """
    whole = [one for one in opened if one.has_splits]
    parts = [one for one in opened if part_within(one.name)]
    shards = [one for one in opened if _SHARD.search(one.name)]
    together = [one for one in whole if one in parts or one in shards]  # one table, cut up
    used = (
        (together if len(together) > 1 else whole[:1])
        or (parts if len(parts) > 1 else [])
        or shards
        or list(opened[:1])
    )
    splits = [part_within(one.name) for one in used]
    if whole or len(set(splits)) == 1:
        splits = [""] * len(used)
    return list(zip(used, splits, strict=True)), [one for one in opened if one not in used]


def tables_in(folder: Path) -> list[Path]:
    """The files of a folder that may be tables, in the order of their names.

    Raises:
        OSError: If it cannot be read.
    """
    files = [
        file
        for file in sorted(folder.iterdir())
        if not file.name.startswith(".")
        and not _CACHE.fullmatch(file.name)
        and _suffix(file) in TABLE_SUFFIXES | _UNSURE
    ]
    unsure = [file for file in files if _suffix(file) in _UNSURE]
    if len(unsure) > _MAX_UNSURE:
        files = [file for file in files if file not in unsure]
    return [file for file in files if file.is_file()]


def _suffix(file: Path) -> str:
    """The suffix of a table, or of the text in a compressed one, such as `.csv.gz`."""
    plain = plain_name(file).suffix.lower()
    return plain if plain in TEXT_SUFFIXES | JSON_SUFFIXES else file.suffix.lower()


def tables_below(root: Path, classes: Classes) -> list[Path]:
    """The files in folders below that may be tables; none if there are class folders.

    Raises:
        OSError: If a folder cannot be read.
    """
    found: list[Path] = []
    for level in _levels_below(root):
        if any(_is_class(folder.name, classes) for folder in level):
            return []
        found += [file for folder in level for file in tables_in(folder)]
    return found


def has_class_folders(root: Path, classes: Classes) -> bool:
    """Whether a folder below has the name of a class."""
    return any(_is_class(folder.name, classes) for level in _levels_below(root) for folder in level)


def _levels_below(root: Path) -> Iterator[list[Path]]:
    """The folders in a folder, then those in these; without links and hidden ones."""
    level = [str(root)]
    for _ in range(_MAX_DEPTH):
        below: list[str] = []
        for folder in level:
            with os.scandir(folder) as entries:
                below += [
                    entry.path
                    for entry in entries
                    if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
                ]
        level = sorted(below)
        yield [Path(folder) for folder in level]


def _is_class(name: str, classes: Classes) -> bool:
    understood = Classes(mapping=classes.mapping)
    return bool(understood.label_of(name)) or understood.leaves_out(name)


def _open_text(root: Path, file: Path, name: str, classes: Classes) -> Opened:
    encoding = text_encoding(file)
    if encoding is None:
        reason = "it is not text, or its first line is longer than any table's"
        raise TableError(name, reason, is_meant=False)
    head = list(islice(records(file, encoding), _SAMPLE))
    is_sure = _suffix(file) not in _UNSURE
    separator, columns = _columns(name, head, classes, is_sure=is_sure)
    files = [(name, stamp(file.stat()))]
    if columns.pixels:
        check_side_by_side(name, columns)
        layout = Layout(separator=separator, columns=columns, encoding=encoding)
        if votes := votes_beside(file):
            files.append((votes.name, stamp(votes.stat())))
        return Opened(
            name=name,
            has_splits=columns.split is not None,
            files=files,
            rows=lambda: read_pixel_rows(root, file, layout),
        )
    if columns.encoded is not None:
        return Opened(
            name=name,
            has_splits=columns.split is not None,
            files=files,
            rows=lambda: read_encoded_rows(root, file, columns, separator, encoding),
        )
    rows = read_manifest(root, file, columns, delimited_frame(file, columns, separator, encoding))
    files += [(one, stamp((root / one).stat())) for one in rows.votes]
    used = rows.table[rows.table["reason"] == ""]
    files += used[["path", "stamp"]].itertuples(index=False, name=None)
    return Opened(
        name=name,
        has_splits=columns.split is not None,
        files=files,
        rows=lambda: rows,
    )


def _columns(
    name: str, head: Sequence[Record], classes: Classes, *, is_sure: bool
) -> tuple[bytes, Columns]:
    """The separator with which the columns of a text table make sense, and the columns.

    Raises:
        TableError: If there is none. It is that of the most likely separator.
    """
    if not head:
        raise TableError(name, "it is empty", is_meant=False)
    refused: list[tuple[bool, int, TableError]] = []
    for separator in [one for one in SEPARATORS if one in head[0].content] or [b","]:
        rows = [[text(field) for field in fields(one.content, separator)] for one in head]
        is_even = len({len(row) for row in rows}) == 1
        if not is_even and (separator == b" " or not is_sure):
            continue
        try:
            return separator, recognise(name, None, rows, classes)
        except TableError as error:
            refused.append((error.is_meant, len(rows[0]), error))
    if not refused:
        raise TableError(name, "its lines have no columns in common", is_meant=False)
    raise max(refused, key=lambda one: one[:2])[2]
