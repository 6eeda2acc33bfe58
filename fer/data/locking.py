"""Files that several processes share: locks, and JSON that is never half-written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fer.errors import DatasetError
from fer.files import write_text, writing

BUILD_LOCK = "build.lock"
"""The lock in the folder of an index, held while the index is built or removed."""


@contextmanager
def locked(file: Path, *, timeout_s: float = -1) -> Iterator[None]:
    """Wait, forever if `timeout_s` is negative, until nobody else holds this lock file; hold it.

    A process that dies releases it. The file stays: removing it would let waiting processes lock
    different files.

    Raises:
        DatasetError: If the file cannot be written, or the time is over.
    """
    lock = FileLock(file, timeout=timeout_s)
    with writing(file.parent, DatasetError):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise DatasetError(
                f"'{file.parent}' is in use by another process. Try again when that has ended."
            ) from None
    try:
        yield
    finally:
        lock.release()


def write_json(file: Path, content: Any) -> None:
    """Write JSON, complete or not at all.

    Raises:
        DatasetError: If the file cannot be written.
    """
    with writing(file.parent, DatasetError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(content, indent=1, ensure_ascii=False))
