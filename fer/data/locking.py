"""Files that several processes share: locks, and notes that are whole or not there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from fer.files import write_text


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Wait until no other process or thread holds this lock file, then hold it.

    A process that dies lets go. The file itself stays: taking it away would part those who wait.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file):
        yield


def write_json(file: Path, content: Any) -> None:
    """Write JSON, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(content, indent=1, ensure_ascii=False))
