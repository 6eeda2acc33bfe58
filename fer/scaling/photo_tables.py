"""Parquet tables whose rows are photos: a column of image files, and perhaps one of their names."""

import hashlib
from collections.abc import Iterator
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fer.data.readers.parquet import is_image
from fer.errors import ImageError, UnreadableImageError
from fer.inference.csv_log import one_line
from fer.scaling.places import opened, reason_of

TABLES = (".parquet", ".pq")
_NAMES = ("path", "file", "file_name", "filename", "name")

Photo = tuple[str, str, bytes | ImageError]
"""The name that rows give a photo, what tells it from all others, and its content or why none."""


def rows_of(name: str, url: str, skipped: dict[str, str]) -> range:
    """The rows of a Parquet table that holds image files."""
    try:
        with opened(url) as file:
            table = pq.ParquetFile(file)
            if any(is_image(column.type) for column in table.schema_arrow):
                return range(table.metadata.num_rows)
        skipped[name] = "a table without a column of image files"
    except (OSError, pa.ArrowException) as error:
        skipped[name] = f"no readable Parquet table ({reason_of(error)})"
    return range(0)


def _columns(schema: pa.Schema) -> tuple[str, str | None]:
    """A table's column of image files, and that of their names."""
    texts = [one.name for one in schema if pa.types.is_string(one.type)]
    image = next(one.name for one in schema if is_image(one.type))
    return image, next((one for one in _NAMES if one in texts), None)


@lru_cache(maxsize=64)
def _has_names(url: str) -> bool:
    """Whether no two rows of a table have one name; each worker asks once."""
    with opened(url) as file:
        table = pq.ParquetFile(file)
        image, column = _columns(table.schema_arrow)
        if column is None and pa.types.is_struct(table.schema_arrow.field(image).type):
            column = f"{image}.path"
        if column is None:
            return True
        names = table.read(columns=[column]).flatten().columns
        return all(pc.count_distinct(one).as_py() == len(one) - one.null_count for one in names)


def from_table(name: str, url: str, rows: list[int]) -> Iterator[Photo]:
    """Some rows of a table.

    A row is known by its name in the table. Where names repeat, it is known by its content, so that
    no row passes for another one that changed.

    Raises:
        UnreadableImageError: If the table cannot be read.
    """
    try:
        yield from _from_table(name, url, rows)
    except (OSError, pa.ArrowException) as error:
        raise UnreadableImageError(
            f"'{name}' cannot be read: {reason_of(error)}. Mend that; the same command resumes."
        ) from None


def _from_table(name: str, url: str, rows: list[int]) -> Iterator[Photo]:
    has_names, wanted, start = _has_names(url), set(rows), 0
    with opened(url) as file:
        table = pq.ParquetFile(file)
        image, names = _columns(table.schema_arrow)
        for group in range(table.num_row_groups):
            end = start + table.metadata.row_group(group).num_rows
            here = [row for row in range(start, end) if row in wanted]
            if here:
                read = table.read_row_group(group, columns=[one for one in (image, names) if one])
                for row in here:
                    value = read.column(image)[row - start].as_py()
                    given = read.column(names)[row - start].as_py() if names else None
                    if isinstance(value, dict):
                        given, value = given or value.get("path"), value.get("bytes")
                    shown, content = one_line(given or f"{name}:{row + 1}"), value or b""
                    inside = shown if has_names else hashlib.sha256(content).hexdigest()
                    yield shown, f"{name}:{inside}", content
            start = end
