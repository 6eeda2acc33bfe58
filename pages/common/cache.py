"""Results that several visitors want at once: worked out once, kept, and dropped when stale.

`st.cache_resource` keeps the `Work` of each key: it locks each key, and beyond `max_entries` it
drops what was used longest ago. The work itself runs in a thread, so that whoever waits for it sees
how far it is, and one who leaves does not stop it for the others.

    @st.cache_resource(max_entries=3, show_spinner=False, validate=Work.is_usable)
    def _opening(name: str) -> Work[Dataset]:
        return Work(lambda meter: load_dataset(name, progress=meter))

    dataset = _opening("fer2013").result()
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from threading import Thread
from typing import Generic, TypeVar

import streamlit as st

from fer.data import annotations
from pages.common.progress import UPDATE_EVERY_S, Meter

FRESH_FOR_S = 300.0
"""A data set's files are read again after this time."""

T = TypeVar("T")


class Work(Generic[T]):
    """Something that is worked out in a thread, which starts at once.

    Args:
        do: Works it out; called with the meter to report progress to. It cannot use `st`.
        is_current: Whether what it was made from is unchanged.
        fresh_for_s: How long the result may be used once it is there.
    """

    def __init__(
        self,
        do: Callable[[Meter], T],
        *,
        is_current: Callable[[], bool] = lambda: True,
        fresh_for_s: float = float("inf"),
    ) -> None:
        self._do, self._is_current, self._fresh_for_s = do, is_current, fresh_for_s
        self._meter = Meter()
        self._future: Future[T] = Future()
        self._ended = float("inf")
        Thread(target=self._run, daemon=True).start()

    def is_usable(self) -> bool:
        """Whether it may be waited for or used: not failed, not stale. For `validate`."""
        if not self._is_current():
            return False
        if not self._future.done():
            return True
        is_fresh = time.monotonic() < self._ended + self._fresh_for_s
        return is_fresh and self._future.exception() is None

    def result(self) -> T:
        """The result, with a progress bar until it is there; what the work raised is raised."""
        if not self._future.done():
            slot = st.empty()
            while wait([self._future], timeout=UPDATE_EVERY_S).not_done:
                self._meter.draw(slot)  # also lets Streamlit end this run when the visitor leaves
            slot.empty()
        return self._future.result()

    def _run(self) -> None:
        try:
            result = self._do(self._meter)
        except BaseException as error:  # noqa: BLE001 - raised again where the result is wanted
            self._future.set_exception(error)
        else:
            self._ended = time.monotonic()
            self._future.set_result(result)


def annotations_stamp(folder: Path | None) -> int:
    """Changes whenever a face of the data set in this folder is annotated."""
    file = folder / annotations.FILE if folder else None
    return file.stat().st_mtime_ns if file and file.is_file() else 0
