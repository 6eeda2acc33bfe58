"""What a machine keeps of corrections beside the database, and the removal of that.

The table of the accepted corrections names every face of which something is kept. It is changed
last, so that a removal that was interrupted can be repeated.
"""

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress

from fer.data import annotations
from fer.data.corrections import drop_accepted, faces_in, path_of
from fer.data.locking import BUILD_LOCK, locked
from fer.data.registry import feedback_file, feedback_source
from fer.evaluation.probabilities import forget

LOCK = "publish.lock"
"""The lock beside the data set, held while it is written."""


def remove_traces(held: Callable[[], Collection[str]]) -> None:
    """Remove everything of corrections that the database does not hold any more.

    Args:
        held: Gives the ids of those that it holds.

    Raises:
        DatasetError: If a file cannot be written.
    """
    file = feedback_file()
    with locked(file.parent / LOCK):
        for half in file.parent.glob(f".{file.name}-*"):  # of a process that was killed
            shutil.rmtree(half, ignore_errors=True)
        there = held()
        with taking_out(there) as gone:
            if gone:
                drop_accepted(file, gone)
        annotations.forget_others(feedback_source().folder, {path_of(id) for id in there})


@contextmanager
def taking_out(kept: Collection[str]) -> Iterator[set[str]]:
    """Take all corrections but these out of the table, which the caller then writes.

    The pixels of the whole data set, and the models' answers for those that leave, are removed
    first; nobody builds the pixels anew before the table is written. Annotations stay.

    Yields:
        The ids of those that leave.

    Raises:
        DatasetError: If a folder cannot be written.
    """
    faces = faces_in(feedback_file())
    gone = faces.keys() - kept
    if not gone:
        yield gone
        return
    folder = feedback_source().folder
    with locked(folder / BUILD_LOCK):
        for made in folder.glob("*"):
            if made.name != annotations.FILE and made.suffix != ".lock":
                with suppress(OSError):  # mapped by another process, on Windows
                    shutil.rmtree(made) if made.is_dir() else made.unlink()
        forget({faces[id] for id in gone})
        yield gone
