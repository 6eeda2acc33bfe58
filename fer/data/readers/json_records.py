"""JSON as records: one on each line, a list or an object of records, columns, or COCO."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

from fer.data.compressed import opened
from fer.data.readers.blocks import damage_in
from fer.data.readers.columns import LABELS, PATHS, PIXELS, TableError
from fer.image_formats import SUFFIXES

MAX_BYTES = 1_000_000_000
"""Bytes of a table, all of which is in memory."""

_EXPECTED = (
    "Expected an object on each line, or a list of objects, with the image and the label of a face,"
    ' such as {"file_name": "a.jpg", "label": "happy"}.'
)

Record = Mapping[str, Any]


def parsed(name: str, file: Path) -> tuple[list[Record], list[Any]]:
    """The records of a table, flat, and the boxes of COCO's; no boxes in other forms.

    Raises:
        TableError: If it is damaged, too large, or holds no records.
    """
    value = _read(name, file)
    is_coco = isinstance(value, Mapping) and all(
        _are_all(value.get(one), Mapping) for one in ("images", "annotations")
    )
    if is_coco:
        return _coco(value), [one.get("bbox") for one in value["annotations"]]
    return [_flat(one) for one in _records(name, value)], []


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
    """The records in JSON of any usual form but COCO's."""
    if value and _are_all(value, Mapping):
        return list(value)
    if not isinstance(value, Mapping) or not value:
        raise TableError(name, "it holds no records", is_meant=False, expected=_EXPECTED)
    names, rows = value.get("columns"), value.get("data")
    if isinstance(names, list) and _are_all(rows, list):
        return [dict(zip(map(str, names), row, strict=False)) for row in rows]
    lists = [one for one in value.values() if isinstance(one, list) and one]
    if len(lists) == 1 and _are_all(lists[0], Mapping):
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


def _are_all(value: Any, kind: type) -> TypeGuard[list[Any]]:
    """Whether it is a list of values of one kind."""
    return isinstance(value, list) and all(isinstance(one, kind) for one in value)


def _coco(value: Mapping[str, Any]) -> list[Record]:
    """A record for each annotation of COCO's form, with the name of its file and category."""
    categories = value.get("categories")
    files = {as_text(one.get("id")): one.get("file_name") for one in value["images"]}
    names = {
        as_text(one.get("id")): one.get("name")
        for one in (categories if _are_all(categories, Mapping) else [])
    }
    return [
        {
            "file_name": files.get(as_text(one.get("image_id"))),
            "label": names.get(as_text(one.get("category_id")), one.get("category_id")),
        }
        for one in value["annotations"]
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


def as_text(value: Any) -> str:
    """A value as the cell of a table; "" for none."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list) and len(value) == 1:
        return as_text(value[0])
    return json.dumps(value) if isinstance(value, list | dict) else str(value).strip()
