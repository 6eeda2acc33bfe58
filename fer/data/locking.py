"""Files that several processes share: locks, and notes that are whole or not there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fer.errors import DatasetError
from fer.files import write_text, writing

BUILD_LOCK = "build.lock"
"""Held in a data set's folder of ours by whoever makes or removes what is in it."""


@contextmanager
def locked(file: Path, *, timeout_s: float = -1) -> Iterator[None]:
    """Wait until no other process or thread holds this lock file, then hold it.

    A process that dies lets go. The file itself stays: taking it away would part those who wait.

    Args:
        file: The lock file.
        timeout_s: How long to wait; for ever if negative.

    Raises:
        DatasetError: If the disk does not take it, or that time is over.
    """
    lock = FileLock(file, timeout=timeout_s)
    with writing(file.parent, DatasetError):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise DatasetError(
                f"'{file.parent}' is in use by another process. Try again once that has ended."
            ) from None
    try:
        yield
    finally:
        lock.release()


def write_json(file: Path, content: Any) -> None:
    """Write JSON, whole or not at all.

    Raises:
        DatasetError: If the disk does not take it.
    """
    with writing(file.parent, DatasetError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(content, indent=1, ensure_ascii=False))
