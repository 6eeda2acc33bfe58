"""Parquet tables: image files, images as bytes as the Hugging Face hub has them, or pixels."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from fer.data.classes import Classes
from fer.data.decoding import BATCH, THREADS
from fer.data.readers.arrow_files import ArrowFile, ParquetFile, opened_table
from fer.data.readers.blocks import damage_in, kept
from fer.data.readers.columns import Columns, recognise
from fer.data.readers.listing import stamp
from fer.data.readers.manifest import places_of, read_manifest
from fer.data.readers.rows import Opened, Rows
from fer.data.readers.values import rows_of_values

_SAMPLE = 5


def open_parquet(root: Path, file: Path, classes: Classes) -> Opened:
    """Find the columns of a Parquet table.

    Raises:
        TableError: If it is damaged, or no table of faces.
    """
    name = file.relative_to(root).as_posix()
    with damage_in(name):
        parquet = opened_table(file)
        schema = parquet.schema_arrow
        head = next(parquet.iter_batches(_SAMPLE), None)
        rows = list(zip(*map(_cells, head.columns), strict=True)) if head else []
    images = [at for at, one in enumerate(schema) if is_image(one.type)]
    columns = recognise(name, schema.names, rows, classes, images=images[:1])
    has_splits = columns.split is not None
    files = [(name, stamp(file.stat()))]
    if columns.path is not None:
        read = read_manifest(root, file, columns, _frame(name, parquet, columns))
        used = read.table[read.table["reason"] == ""]
        files += list(used[["path", "stamp"]].itertuples(index=False, name=None))
        return Opened(name=name, has_splits=has_splits, files=files, rows=lambda: read)
    is_bytes = bool(images) or columns.encoded is not None
    held = tuple(images[:1]) or columns.pixels
    if columns.encoded is not None:
        held = (columns.encoded,)
    return Opened(
        name=name,
        has_splits=has_splits,
        files=files,
        rows=lambda: _read(name, file, parquet, columns, held, is_bytes=is_bytes),
    )


def _read(
    name: str,
    file: Path,
    parquet: ArrowFile | ParquetFile,
    columns: Columns,
    held: Sequence[int],
    *,
    is_bytes: bool,
) -> Rows:
    value = _values(name, parquet, [columns.names[at] for at in held])
    frame = _frame(name, parquet, columns)
    frame["line"] -= 1  # there is no header above
    return rows_of_values(name, stamp(file.stat()), columns, frame, value, is_bytes=is_bytes)


def _frame(name: str, parquet: ArrowFile | ParquetFile, columns: Columns) -> pd.DataFrame:
    """The columns that are used, apart from images, as text; as `delimited_frame` gives them."""
    places = places_of(columns)
    names = [columns.names[at] for at in places.values()]
    with damage_in(name):
        table = parquet.read(columns=names)
        found = {
            place: _cells(table.column(column), _class_names(parquet.schema_arrow, column))
            for place, column in zip(places, names, strict=True)
        }
    frame = pd.DataFrame(found, dtype=object)
    frame.insert(0, "line", np.arange(len(frame)) + 2)
    frame.insert(1, "reason", "")
    return frame


def _values(
    name: str, parquet: ArrowFile | ParquetFile, columns: Sequence[str]
) -> Callable[[int], list[Any]]:
    """Gives the values of some columns of a row, for several threads.

    As many row groups are kept as hold the rows that are decoded at a time.
    """
    sizes = [parquet.rows_of_group(at) for at in range(parquet.num_row_groups)]
    ends = np.cumsum(sizes)
    rows_each = max(1, int(np.mean(sizes))) if sizes else 1

    def read_group(at: int) -> list[pa.ChunkedArray]:
        table = parquet.read_row_group(at, columns=list(columns))
        return [table.column(column) for column in columns]

    group = kept(name, read_group, most=2 + min(THREADS, THREADS * BATCH // rows_each))

    def value(row: int) -> list[Any]:
        at = int(np.searchsorted(ends, row, side="right"))
        with damage_in(name):
            return [column[row - int(ends[at]) + sizes[at]].as_py() for column in group(at)]

    return value


def is_image(kind: pa.DataType) -> bool:
    """Whether a column holds bytes, or a struct with `bytes`."""
    if pa.types.is_struct(kind):
        return any(kind.field(at).name == "bytes" for at in range(kind.num_fields))
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _cells(column: pa.ChunkedArray, names: Sequence[str] = ()) -> list[str]:
    """A column as text, "" where there is none; numbers with names by these."""
    values = column.to_pylist()
    if isinstance(next(iter(values), None), (dict, bytes)):
        return [""] * len(values)
    if names:
        values = [_named(one, names) for one in values]
    return ["" if one is None or one != one else str(one).strip() for one in values]


def _named(value: Any, names: Sequence[str]) -> Any:
    """The name of a class number; None for -1, which stands for no label."""
    if not isinstance(value, int) or value >= len(names):
        return value
    return names[value] if value >= 0 else None


def _class_names(schema: pa.Schema, column: str) -> Sequence[str]:
    """The names of a column of class numbers, which `datasets` writes into the schema."""
    try:
        written = json.loads((schema.metadata or {})[b"huggingface"])
        names = written["info"]["features"][column]["names"]
    except (KeyError, TypeError, ValueError):
        return ()
    return [str(name) for name in names]
