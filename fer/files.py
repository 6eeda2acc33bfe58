"""Files that are never seen half-written."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def replace_file(path: Path, *, sync: bool = True) -> Iterator[IO[bytes]]:
    """Write beside the file, and move it into place once all of it is written.

    Args:
        path: The file.
        sync: Wait for the disk first, so that it survives a power cut, too.

    Raises:
        OSError: If the disk does not take it; the old file stays.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        Path(name).chmod(0o644)  # a temporary file is its owner's alone
        _move(Path(name), path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _move(written: Path, path: Path) -> None:
    """Move a file over another; Windows refuses that while somebody reads the old one."""
    for pause_s in (0.02, 0.05, 0.1, 0.3, 0.6) if os.name == "nt" else ():
        try:
            written.replace(path)
        except PermissionError:
            time.sleep(pause_s)
        else:
            return
    written.replace(path)


def write_text(path: Path, text: str, *, sync: bool = True) -> None:
    """Put a text file in place in one move.

    Raises:
        OSError: If the disk does not take it; the old file stays.
    """
    with replace_file(path, sync=sync) as file:
        file.write(text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Put a file in place in one move.

    Raises:
        OSError: If the disk does not take it; the old file stays.
    """
    with replace_file(path) as file:
        file.write(content)
