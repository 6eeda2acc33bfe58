"""CSV files that grow with the work, so that it can be resumed where it stopped."""

import csv
import hashlib
import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fer import settings
from fer.errors import ResultsError
from fer.files import is_full
from fer.wording import as_cell, from_cell

_TAIL_BYTES = 1 << 20


class GrowingCsv:
    """A CSV file that is written a group of rows at a time and can be resumed.

    A group is all rows with the same value in the first column, such as the faces of one photo.
    When a file is opened its last group is dropped, as it may be incomplete: a file that was cut
    off anywhere can be resumed.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Open a file, or create it in an existing folder; the first column groups the rows.

        Raises:
            ResultsError: If the file holds something else, is in use, or cannot be written.
        """
        self._columns = tuple(columns)
        self._path = path
        with ExitStack() as opened, self._writing():
            # Without a buffer, so that what cannot be written is not retried later.
            self._file = opened.enter_context(path.open("a+b", buffering=0))
            self._hold(opened)
            if self._file.seek(0, os.SEEK_END) == 0:
                self.write([_header(self._columns)])
            else:
                self._check_header()
                self._drop_last_group()
            self._opened = opened.pop_all()

    def __enter__(self) -> "GrowingCsv":
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def rows(self, **expected: str) -> Iterator[dict[str, str]]:
        """All rows of the file, each of which must have the expected values.

        Raises:
            ResultsError: If a row has another value, or another program has changed the file so
                that it cannot be read.
        """
        try:
            with self._path.open(newline="", encoding="utf-8") as file:
                for cells in csv.DictReader(file):
                    row = {name: from_cell(cell or "") for name, cell in cells.items() if name}
                    for name, value in expected.items():
                        if row[name] != value:
                            raise ResultsError(
                                f"'{self._path}' holds results of the {name} '{row[name]}', not of "
                                f"'{value}'. Choose another file, or remove this one."
                            )
                    yield row
        except (UnicodeError, csv.Error) as error:
            raise ResultsError(
                f"'{self._path}' is not a CSV file as this program writes it ({error}). Choose "
                "another file, or remove this one."
            ) from None

    def write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows, a line each; when this returns, the operating system has them.

        Raises:
            ResultsError: If they cannot be written.
        """
        rest = memoryview(_as_text(self._columns, rows).encode())
        with self._writing():
            while rest:
                rest = rest[self._file.write(rest) :]

    def _hold(self, opened: ExitStack) -> None:
        """Lock the file until it is closed, so that no other process writes the same rows.

        The lock is in `FER_HOME`, to leave no file in the user's folder, and so only binds those
        who share that home. Where no lock can be created, the file is not locked.
        """
        name = hashlib.blake2b(os.fsencode(self._path.resolve()), digest_size=16).hexdigest()
        lock = FileLock(settings.home() / "locks" / name, blocking=False, thread_local=False)
        try:
            Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
            opened.enter_context(lock)
        except Timeout:
            raise ResultsError(
                f"'{self._path}' is being written already. Wait until that is done, or choose "
                "another file."
            ) from None
        except OSError:
            pass

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            advice = "Choose another file."
            if is_full(error):
                advice = "Make room, then run the same command to resume."
            raise ResultsError(
                f"'{self._path}' cannot be written: {error.strerror or error}. {advice}"
            ) from None

    def _check_header(self) -> None:
        self._file.seek(0)
        names = io.StringIO()
        csv.writer(names, lineterminator="").writerow(self._columns)
        expected = names.getvalue()
        head = self._file.read(len(expected.encode()) + 2)
        line = head.partition(b"\n")[0].decode("utf-8", "replace").rstrip("\r")
        if line == expected:
            return
        found = _fields(line)
        missing = [name for name in self._columns if name not in found]
        if missing and found[0] == self._columns[0]:
            raise ResultsError(
                f"'{self._path}' has no column '{missing[0]}': an earlier version or another model "
                "began it, so that it cannot be resumed. Choose another file, or remove this one."
            )
        raise ResultsError(
            f"'{self._path}' begins with '{line[:80]}'; only a file that begins with "
            f"'{expected[:80]}' can be resumed. Choose another file, or remove this one."
        )

    def _drop_last_group(self) -> None:
        """Cut the file before the first row of its last group."""
        size = self._file.seek(0, os.SEEK_END)
        start = max(size - _TAIL_BYTES, 0)
        self._file.seek(start)
        tail = self._file.read()
        header_end = tail.find(b"\n") + 1  # the header or part of a row, which stays
        whole = tail[header_end:].split(b"\n")[:-1]
        groups = [_fields(line.decode("utf-8", "replace"))[0] for line in whole]
        last = groups[-1] if groups else ""
        while groups and groups[-1] == last:
            groups.pop()
        keep = sum(len(line) + 1 for line in whole[: len(groups)])
        self._file.truncate(start + header_end + keep)
        self._file.seek(0, os.SEEK_END)


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A whole file, as a `GrowingCsv` writes it."""
    return _as_text(columns, [_header(columns)]) + _as_text(columns, rows)


def one_line(text: str) -> str:
    """A text on one line and in valid UTF-8, whatever bytes a file name brings into it."""
    raw = text.encode("utf-8", sys.getfilesystemencodeerrors())
    return raw.decode("utf-8", "backslashreplace").replace("\n", "\\n").replace("\r", "\\r")


def _header(columns: Sequence[str]) -> dict[str, str]:
    return dict(zip(columns, columns, strict=True))


def _as_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    for row in rows:
        table.writerow({name: _field(value) for name, value in row.items()})
    return text.getvalue()


def _field(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.4f}"
    return as_cell(one_line(value)) if isinstance(value, str) else value


def _fields(line: str) -> list[str]:
    """At least one field; the whole line where another program wrote no CSV."""
    try:
        return next(csv.reader([line]), []) or [""]
    except csv.Error:
        return [line]
