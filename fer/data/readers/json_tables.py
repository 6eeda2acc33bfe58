"""Tables in JSON: a record on each line, a list or an object of records, columns, or COCO."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from fer.data.classes import Classes
from fer.data.decoding import read_image
from fer.data.readers.columns import Columns, TableError, recognise
from fer.data.readers.json_records import Record, as_text, parsed
from fer.data.readers.listing import stamp
from fer.data.readers.manifest import places_of, read_manifest
from fer.data.readers.rows import Opened, Rows
from fer.data.readers.values import rows_of_values
from fer.errors import UnreadableImageError

JSON_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})

_SAMPLE = 20
_MOST_KNOWN = 16
_UNUSED = "not used: only COCO's boxes are sure to be x, y, width and height"


class _Table(NamedTuple):
    """What is kept of a table as long as its file is the same.

    Attributes:
        columns: Its columns.
        frame: Those that are read as text, as `delimited_frame` gives them.
        boxes: COCO's, one for each row; none in other forms.
        skipped: (path, reason) of what is not used.
    """

    columns: Columns
    frame: pd.DataFrame
    boxes: Sequence[Any]
    skipped: Sequence[tuple[str, str]]


_known: dict[tuple[Path, Path, str, Classes], _Table] = {}


def open_json(root: Path, file: Path, classes: Classes) -> Opened:
    """Find the columns of a table in JSON.

    This runs at every use of a data set, so that only a new file is parsed.

    Raises:
        TableError: If it is damaged, too large, or no table of faces.
    """
    name, stamped = file.relative_to(root).as_posix(), stamp(file.stat())
    key = (root, file, stamped, classes)
    records: Sequence[Record] | None = None
    if (table := _known.get(key)) is None:
        try:
            records, boxes = parsed(name, file)
            table = _table(name, records, boxes, classes)
        except RecursionError:
            raise TableError(name, "it is nested too deeply", is_meant=False) from None
    if table.columns.path is None:
        opened = _opened_pixels(name, file, stamped, table, records)
    else:
        opened = _opened_files(root, name, file, stamped, table)
    if key not in _known and len(_known) >= _MOST_KNOWN:
        _known.pop(next(iter(_known)), None)
    _known[key] = table
    return opened


def _table(name: str, records: Sequence[Record], boxes: Sequence[Any], classes: Classes) -> _Table:
    names = list(dict.fromkeys(key for one in records for key in one))
    sample = [[as_text(one.get(key)) for key in names] for one in records[:_SAMPLE]]
    columns = recognise(name, names, sample, classes)
    places = places_of(columns)
    frame = pd.DataFrame(
        {place: [as_text(one.get(names[at])) for one in records] for place, at in places.items()},
        dtype=object,
    )
    frame.insert(0, "line", np.arange(len(frame)) + 1)
    frame.insert(1, "reason", "")
    skipped = [(f"{name}: bbox", _UNUSED)] if "bbox" in names and columns.path is not None else []
    return _Table(columns, frame, boxes if any(boxes) else (), skipped)


def _opened_files(root: Path, name: str, file: Path, stamped: str, table: _Table) -> Opened:
    rows = read_manifest(root, file, table.columns, table.frame)
    used = rows.table[rows.table["reason"] == ""]
    files = used[["path", "stamp"]].drop_duplicates().itertuples(index=False, name=None)
    rows = replace(rows, skipped=[*rows.skipped, *table.skipped])
    if table.boxes:
        rows = _in_boxes(root, rows, table.boxes)
    return Opened(
        name=name,
        has_splits=table.columns.split is not None,
        files=[(name, stamped), *files],
        rows=lambda: rows,
    )


def _opened_pixels(
    name: str, file: Path, stamped: str, table: _Table, records: Sequence[Record] | None
) -> Opened:
    """`records` are None where the file was parsed for an earlier use: they may be large."""

    def read(held: Sequence[Record]) -> Rows:
        return _rows_of_pixels(name, stamped, table.columns, table.frame, held)

    rows = None if records is None else read(records)
    return Opened(
        name=name,
        has_splits=table.columns.split is not None,
        files=[(name, stamped)],
        rows=lambda: rows or read(parsed(name, file)[0]),
    )


def _rows_of_pixels(
    name: str, stamped: str, columns: Columns, frame: pd.DataFrame, records: Sequence[Record]
) -> Rows:
    is_bytes = columns.encoded is not None
    places = columns.pixels if columns.encoded is None else (columns.encoded,)
    held = [columns.names[at] for at in places]

    def value(row: int) -> list[Any]:
        found = [records[row].get(key) for key in held]
        return [one if isinstance(one, list) else as_text(one) for one in found]

    return rows_of_values(name, stamped, columns, frame, value, is_bytes=is_bytes)


def _in_boxes(root: Path, rows: Rows, boxes: Sequence[Any]) -> Rows:
    """Rows each of which is a part of its file: x, y, width and height in pixels."""
    files, table = rows.table["path"].tolist(), rows.table.copy()
    number = table.groupby("path").cumcount()
    table["path"] = table["path"].mask(number > 0, table["path"] + "#" + (number + 1).astype(str))
    table["stamp"] += [f":{box}" for box in boxes]

    def image(row: int) -> np.ndarray:
        pixels, box = read_image(f"{root}/{files[row]}"), boxes[row]
        if not box:
            return pixels
        try:
            x, y, width, height = (round(float(side)) for side in box)
        except (TypeError, ValueError, OverflowError):
            raise UnreadableImageError(
                f"'{files[row]}' has the box {box!r}; expected x, y, width and height."
            ) from None
        part = pixels[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
        if not part.size:
            raise UnreadableImageError(f"The box {box!r} lies outside '{files[row]}'.")
        return part

    return replace(rows, table=table, image=image)
