"""Arrow's own files, which `Dataset.save_to_disk` and `DataFrame.to_feather` write."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ARROW_SUFFIXES = frozenset({".arrow", ".feather"})


class ArrowFile:
    """Such a file, used like a `pq.ParquetFile` of one row group; its values stay on the disk."""

    num_row_groups = 1

    def __init__(self, file: Path) -> None:
        source = pa.memory_map(str(file))
        try:
            self._table = pa.ipc.open_file(source).read_all()
        except pa.ArrowInvalid:
            source.seek(0)
            self._table = pa.ipc.open_stream(source).read_all()
        self.schema_arrow = self._table.schema

    def iter_batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        yield from self._table.slice(0, rows).combine_chunks().to_batches()

    def read(self, columns: Sequence[str]) -> pa.Table:
        return self._table.select(columns)

    def read_row_group(self, _: int, columns: Sequence[str]) -> pa.Table:
        return self._table.select(columns)

    def rows_of_group(self, _: int) -> int:
        return int(self._table.num_rows)


class ParquetFile(pq.ParquetFile):  # type: ignore[misc]
    """A Parquet file."""

    def rows_of_group(self, group: int) -> int:
        return int(self.metadata.row_group(group).num_rows)


def opened_table(file: Path) -> "ArrowFile | ParquetFile":
    """A table in Parquet, or in Arrow's own format."""
    return ArrowFile(file) if file.suffix.lower() in ARROW_SUFFIXES else ParquetFile(file)
