"""Tables in JSON: a record on each line, a list or an object of records, columns, or COCO."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fer.data.classes import Classes
from fer.data.compressed import opened
from fer.data.decoding import read_image
from fer.data.readers.blocks import damage_in
from fer.data.readers.columns import LABELS, PATHS, PIXELS, Columns, TableError, recognise
from fer.data.readers.listing import stamp
from fer.data.readers.manifest import places_of, read_manifest
from fer.data.readers.rows import Opened, Rows
from fer.data.readers.values import rows_of_values
from fer.errors import UnreadableImageError
from fer.image_formats import SUFFIXES

JSON_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})
MAX_BYTES = 1_000_000_000
"""Bytes of a table, all of which is in memory."""

_SAMPLE = 20
_BOX = "bbox"
_EXPECTED = (
    "Expected an object on each line, or a list of objects, with the image and the label of a face,"
    ' such as {"file_name": "a.jpg", "label": "happy"}.'
)

Record = Mapping[str, Any]


def open_json(root: Path, file: Path, classes: Classes) -> Opened:
    """Find the columns of a table in JSON.

    Raises:
        TableError: If it is damaged, too large, or no table of faces.
    """
    name = file.relative_to(root).as_posix()
    records = [_flat(one) for one in _records(name, _read(name, file))]
    names = list(dict.fromkeys(key for one in records for key in one))
    sample = [[_text(one.get(key)) for key in names] for one in records[:_SAMPLE]]
    columns = recognise(name, names, sample, classes)
    places = places_of(columns)
    frame = pd.DataFrame(
        {place: [_text(one.get(names[at])) for one in records] for place, at in places.items()},
        dtype=object,
    )
    frame.insert(0, "line", np.arange(len(frame)) + 1)
    frame.insert(1, "reason", "")
    files = [(name, stamp(file.stat()))]
    has_splits = columns.split is not None
    if columns.path is None:
        rows = _rows_of_pixels(name, files[0][1], columns, frame, records)
        return Opened(name=name, has_splits=has_splits, files=files, rows=lambda: rows)
    rows = read_manifest(root, file, columns, frame)
    used = rows.table[rows.table["reason"] == ""]
    files += list(used[["path", "stamp"]].drop_duplicates().itertuples(index=False, name=None))
    boxes = [one.get(_BOX) for one in records]
    if any(boxes):
        rows = _in_boxes(root, rows, boxes)
    return Opened(name=name, has_splits=has_splits, files=files, rows=lambda: rows)


def _rows_of_pixels(
    name: str, stamped: str, columns: Columns, frame: pd.DataFrame, records: Sequence[Record]
) -> Rows:
    held = [columns.names[at] for at in columns.pixels]

    def value(row: int) -> list[Any]:
        return [_text(records[row].get(key)) for key in held]

    return rows_of_values(name, stamped, columns, frame, value, is_bytes=False)


def _read(name: str, file: Path) -> Any:
    """What the file holds: one value, or a list of those on its lines."""
    with damage_in(name), opened(file) as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise TableError(name, f"it has over {MAX_BYTES / 1e9:.0f} GB. Save it as Parquet")
    encoding = json.detect_encoding(content)
    text = content.decode(encoding, "replace").removeprefix("\ufeff")
    try:
        return json.loads(text)
    except ValueError as error:
        whole = error
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        is_lines = text.lstrip().startswith("{") and "Extra data" in str(whole)
        reason = f"it is no JSON ({error if is_lines else whole})"
        raise TableError(name, reason, is_meant=False, expected=_EXPECTED) from None


def _records(name: str, value: Any) -> list[Record]:
    """The records in JSON of any usual form."""
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return value
    if not isinstance(value, Mapping) or not value:
        raise TableError(name, "it holds no records", is_meant=False, expected=_EXPECTED)
    if isinstance(value.get("images"), list) and isinstance(value.get("annotations"), list):
        return _coco(value["images"], value["annotations"], value.get("categories", []))
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        return [dict(zip(value["columns"], row, strict=False)) for row in value["data"]]
    lists = [one for one in value.values() if isinstance(one, list) and one]
    if len(lists) == 1 and all(isinstance(one, Mapping) for one in lists[0]):
        return list(lists[0])
    if {str(key).lower() for key in value} & {*PATHS, *LABELS, *PIXELS}:
        is_one = not any(isinstance(one, Mapping | list) for one in value.values())
        return [value] if is_one else _of_columns(name, value)
    files = [key for key in value if Path(key).suffix.lower() in SUFFIXES]
    if len(files) == len(value):  # by the name of each image
        return [
            {"file": key, **(one if isinstance(one, Mapping) else {"label": one})}
            for key, one in value.items()
        ]
    raise TableError(name, "it holds no records", is_meant=False, expected=_EXPECTED)


def _of_columns(name: str, value: Mapping[str, Any]) -> list[Record]:
    """The records of columns, each a list or, as pandas writes them, an object by row."""
    columns = {
        key: list(one.values() if isinstance(one, Mapping) else one)
        for key, one in value.items()
        if isinstance(one, Mapping | list)
    }
    if not columns or len({len(one) for one in columns.values()}) > 1:
        raise TableError(name, "its columns differ in length", is_meant=False, expected=_EXPECTED)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _coco(
    images: Iterable[Record], annotations: Iterable[Record], categories: Iterable[Record]
) -> list[Record]:
    """A record for each annotation of COCO's form, with the name of its file and category."""
    files = {one.get("id"): one.get("file_name") for one in images}
    names = {one.get("id"): one.get("name") for one in categories}
    return [
        {
            "file_name": files.get(one.get("image_id")),
            "label": names.get(one.get("category_id"), one.get("category_id")),
            _BOX: one.get(_BOX),
        }
        for one in annotations
    ]


def _flat(record: Record) -> dict[str, Any]:
    """A record without objects in it: their members take the place of each."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            for inner, one in _flat(value).items():
                found.setdefault(inner if inner not in record else f"{key}_{inner}", one)
        else:
            found[str(key)] = value
    return found


def _text(value: Any) -> str:
    """A value as the cell of a table; "" for none."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list) and len(value) == 1:
        return _text(value[0])
    return json.dumps(value) if isinstance(value, list | dict) else str(value).strip()


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
        except (TypeError, ValueError):
            raise UnreadableImageError(
                f"'{files[row]}' has the box {box!r}; expected x, y, width and height."
            ) from None
        part = pixels[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
        if not part.size:
            raise UnreadableImageError(f"The box {box!r} lies outside '{files[row]}'.")
        return part

    return replace(rows, table=table, image=image)
