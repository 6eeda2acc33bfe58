"""What the deletion of corrections leaves to remove beside the database."""

import shutil
from collections.abc import Sequence
from contextlib import suppress

from fer.data import annotations
from fer.data.corrections import drop_accepted, path_of
from fer.data.locking import BUILD_LOCK, locked
from fer.data.registry import feedback_file, feedback_source
from fer.evaluation.probabilities import forget
from fer.feedback.records import Correction

LOCK = "publish.lock"
"""The lock beside the data set, held while it is written."""


def remove_traces(deleted: Sequence[Correction]) -> None:
    """Remove deleted corrections from the data set `feedback`, and what was computed from them.

    Raises:
        DatasetError: If a file cannot be written.
    """
    file = feedback_file()
    if not deleted or not file.parent.is_dir():
        return
    with locked(file.parent / LOCK):
        drop_accepted(file, [one.id for one in deleted])
    clear_pixels()
    annotations.forget(feedback_source().folder, {path_of(one.id) for one in deleted})
    forget({one.face for one in deleted})


def clear_pixels() -> None:
    """Remove the index and the pixels that were made of the data set; annotations stay.

    Raises:
        DatasetError: If its folder cannot be written.
    """
    folder = feedback_source().folder
    if not folder.is_dir():
        return
    with locked(folder / BUILD_LOCK):
        for made in folder.glob("*"):
            if made.name != annotations.FILE and made.suffix != ".lock":
                with suppress(OSError):  # mapped by another process, on Windows
                    shutil.rmtree(made) if made.is_dir() else made.unlink()
