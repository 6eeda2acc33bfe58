"""Results as a folder of Parquet files, one for each piece of the work, local or at a URL.

A file appears whole or not at all, and its name follows from what is in it: a piece that a worker
repeats replaces its own file.
"""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from fsspec.implementations.local import LocalFileSystem

from fer import settings
from fer.errors import ResultsError
from fer.files import replace_file
from fer.scaling.places import located, reason_of

_ORIGIN = "_origin.json"  # readers of Parquet folders pass over names with this beginning
_NUMBERS = {"frame", "face", "x", "y", "width", "height", "photo_width", "photo_height"}
_SHARES = {"score", "confidence"}


def schema_of(columns: Sequence[str]) -> pa.Schema:
    """The columns of a CSV file with the types of their values."""

    def kind(column: str) -> pa.DataType:
        if column in _NUMBERS:
            return pa.int32()
        if column == "time_s":
            return pa.float64()
        if column in _SHARES or column.startswith("p_"):
            return pa.float32()
        return pa.bool_() if column == "reliable" else pa.string()

    return pa.schema([(column, kind(column)) for column in columns])


def table_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows as `photo_rows` gives them; what a row lacks is null."""

    def value(row: Mapping[str, Any], column: pa.Field) -> Any:
        found = row.get(column.name, "")
        if found == "":
            return None
        if pa.types.is_boolean(column.type):
            return found == "true"
        return float(found) if pa.types.is_floating(column.type) else found

    return pa.table(
        [pa.array([value(row, column) for row in rows], column.type) for column in schema],
        schema=schema,
    )


def parquet_of(
    tables: Iterable[pa.Table], schema: pa.Schema, metadata: Mapping[bytes, bytes] | None = None
) -> bytes:
    """A Parquet file of tables, each a group of its rows."""
    content = io.BytesIO()
    with pq.ParquetWriter(content, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)
        writer.add_key_value_metadata(dict(metadata or {}))
    return content.getvalue()


class ResultFolder:
    """The folder; workers open it by its URL."""

    def __init__(self, url: str) -> None:
        """Open a folder, which need not exist yet; a path or a URL that fsspec writes to."""
        self._files, self._path = located(url)
        self.url = self._files.unstrip_protocol(self._path)
        self._is_local = isinstance(self._files, LocalFileSystem)

    @contextmanager
    def claimed(self, origin: Mapping[str, Any]) -> Iterator[None]:
        """Make the folder, or check that its results have the same origin; others must wait.

        Raises:
            ResultsError: If it holds something else, is in use, or cannot be written.
        """
        name = hashlib.blake2b(self.url.encode(), digest_size=16).hexdigest()
        lock = FileLock(settings.home() / "locks" / name, blocking=False)
        Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
        try:
            with lock:
                self._check(dict(origin))
                yield
        except Timeout:
            raise ResultsError(
                f"'{self._path}' is being written already. Wait until that is done, or choose "
                "another folder."
            ) from None

    def _check(self, origin: dict[str, Any]) -> None:
        with self._reached():
            self._files.makedirs(self._path, exist_ok=True)
            place = f"{self._path}/{_ORIGIN}"
            text = self._files.cat_file(place) if self._files.exists(place) else b""
            is_new = not text and not self._files.ls(self._path, detail=False)
        if is_new:
            self.put(_ORIGIN, json.dumps(origin).encode())
            return
        if not text:
            raise ResultsError(
                f"'{self._path}' is not empty, and holds no results of this program. Choose "
                "another folder."
            )
        found = json.loads(text)
        for name, value in origin.items():
            if found.get(name) != value:
                raise ResultsError(
                    f"'{self._path}' holds results of the {name} '{found.get(name)}', not of "
                    f"'{value}'. Choose another folder, or remove this one."
                )

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Turn a refusal of the file system into a ResultsError."""
        try:
            yield
        except OSError as error:
            shown = self._path if self._is_local else self.url
            raise ResultsError(
                f"'{shown}' cannot be used for results: {reason_of(error)}. Mend that, or choose "
                "another folder; the same command then resumes."
            ) from None

    def opened(self, ending: str) -> Iterator[tuple[str, Any]]:
        """Name and open file of each of its files with this ending, one at a time."""
        with self._reached():
            for path in self._files.ls(self._path, detail=False):
                if path.endswith(ending):
                    with self._files.open(path) as file:
                        yield path.rpartition("/")[2], file

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return bool(self._files.exists(f"{self._path}/{name}"))

    def get(self, name: str) -> bytes:
        """A file's content."""
        return bytes(self._files.cat_file(f"{self._path}/{name}"))

    def remove(self, name: str) -> None:
        """Remove a file, or a folder inside this one with what is in it, if it is there."""
        if self.has(name):
            self._files.rm(f"{self._path}/{name}", recursive=True)

    def put(self, name: str, content: bytes) -> None:
        """Write a file, which appears whole or not at all.

        Raises:
            ResultsError: If it cannot be written.
        """
        place = f"{self._path}/{name}"
        with self._reached():
            if self._is_local or "/" in name:
                self._files.makedirs(self._files._parent(place), exist_ok=True)
            if self._is_local:
                with replace_file(Path(place)) as file:
                    file.write(content)
            else:  # an object store shows an object once all of it is there
                self._files.pipe_file(place, content)
