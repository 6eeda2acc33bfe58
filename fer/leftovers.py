"""What killed processes left half-made in this machine's folders."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fer import settings

UNPACKING = ".unpacking-"
"""How the folder begins that an archive is unpacked in."""

_LOCK = "lock"
_ABANDONED_AFTER_S = 3600.0
"""Nobody writes a file or copies a model for so long."""
_BESIDE = re.compile(r"\..+-[0-9a-f]{8}|\.new-.+|\.removed-.+")
"""The folders in which `fer.files.replace_path` and `fer.runs` make things, or remove them."""


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Hold a folder whose name begins with `UNPACKING`, so that it is no leftover."""
    from filelock import FileLock

    with FileLock(folder / _LOCK):
        yield


def clear_unpackings(folder: Path) -> None:
    """Remove what processes were unpacking in this folder that have ended since."""
    for left in _folders_in(folder):
        if left.name.startswith(UNPACKING) and _is_let_go(left):
            shutil.rmtree(left, ignore_errors=True)


def clear_leftovers() -> None:
    """Remove all that killed processes left in the folders of data sets, models and runs."""
    store = settings.datasets_folder() / "store"
    clear_unpackings(settings.datasets_folder() / "unpacked")
    for root in (settings.home(), store, settings.models_folder(), settings.runs_folder()):
        folders = [root, *_folders_in(root)]
        folders += [inner for folder in folders[1:] for inner in _folders_in(folder)]
        for folder in folders:
            for left in _folders_in(folder):
                if _BESIDE.fullmatch(left.name) and _age_s(left) > _ABANDONED_AFTER_S:
                    shutil.rmtree(left, ignore_errors=True)


def _folders_in(folder: Path) -> list[Path]:
    with suppress(OSError):
        return [one for one in folder.iterdir() if one.is_dir() and not one.is_symlink()]
    return []


def _is_let_go(folder: Path) -> bool:
    """Whether nobody holds it; one without a lock may be about to get one."""
    from filelock import FileLock, Timeout

    if not (folder / _LOCK).exists():
        return _age_s(folder) > _ABANDONED_AFTER_S
    try:
        with FileLock(folder / _LOCK, timeout=0):
            return True
    except (Timeout, OSError):
        return False


def _age_s(folder: Path) -> float:
    with suppress(OSError):
        return time.time() - folder.stat().st_mtime
    return 0.0
