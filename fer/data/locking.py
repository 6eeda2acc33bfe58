"""Files that several processes share: locks, and writes that are whole or not there."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Wait until no other process or thread holds this lock file, then hold it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # let go when closed, also by a process that dies
        yield


def write_whole(file: Path, content: bytes) -> None:
    """Write beside and move into place."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(beside).replace(file)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def write_json(file: Path, content: Any) -> None:
    """Write JSON, whole or not at all."""
    write_whole(file, json.dumps(content, indent=1, ensure_ascii=False).encode())
