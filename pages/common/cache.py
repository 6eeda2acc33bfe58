"""Results that several visitors want at once: computed once, kept, and dropped when stale.

`st.cache_resource` keeps the `Work` of each key: it locks each key, and beyond `max_entries` it
drops what was used longest ago. The work itself runs in a thread, so that every visitor who waits
sees its progress, and one who leaves does not stop it for the others.

    @st.cache_resource(max_entries=3, show_spinner=False, validate=Work.is_usable)
    def _opening(name: str) -> Work[Dataset]:
        return Work(lambda meter: load_dataset(name, progress=meter))

    dataset = _opening("fer2013").result()
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import nullcontext
from pathlib import Path
from threading import Thread
from typing import Generic, TypeVar

import streamlit as st

from fer import people
from fer.data import annotations
from fer.data.registry import resolve
from fer.data.roots import allowed
from fer.errors import DatasetError
from pages.common.progress import Meter
from pages.common.turns import SCRIPTS

_DRAWN_EVERY_S = 0.2
_FRESH_FOR_S = 300.0  # then a data set's files are read again

T = TypeVar("T")


class Work(Generic[T]):
    """A result that is computed in a thread, which starts at once.

    Attributes:
        future: Of the result.

    Args:
        do: Computes it; called with the meter to report progress to. It cannot use `st`.
        is_current: Whether what it was made from is unchanged.
        fresh_for_s: How long the result may be used.
        noun: What the meter counts.
    """

    def __init__(
        self,
        do: Callable[[Meter], T],
        *,
        is_current: Callable[[], bool] = lambda: True,
        fresh_for_s: float = float("inf"),
        noun: str = "Face",
    ) -> None:
        self._do, self._is_current, self._fresh_for_s = do, is_current, fresh_for_s
        self._meter = Meter(noun)
        self._person = people.acting()
        self.future: Future[T] = Future()
        self._ended = float("inf")
        Thread(target=self._run, daemon=True).start()

    def is_usable(self) -> bool:
        """Whether it may be waited for or used: not failed, not stale. For `validate`."""
        if not self._is_current():
            return False
        if not self.future.done():
            return True
        is_fresh = time.monotonic() < self._ended + self._fresh_for_s
        return is_fresh and self.future.exception() is None

    def result(self, spinner: str = "") -> T:
        """The result, with a progress bar or this spinner until then; raises what the work did."""
        if not self.future.done():
            slot = st.empty()
            with slot.container(key=f"work-{id(self)}"):  # app.css explains it after a Stop
                place = st.empty()
                shown = st.spinner(spinner, show_time=True) if spinner else nullcontext()
                with SCRIPTS.pause(), shown:
                    while wait([self.future], timeout=_DRAWN_EVERY_S).not_done:
                        # Either call lets Streamlit end this run when the visitor leaves.
                        place.empty() if spinner else self._meter.draw(place)
            slot.empty()
        return self.future.result()

    def _run(self) -> None:
        try:
            with people.act_as(self._person):
                result = self._do(self._meter)
        except BaseException as error:  # noqa: BLE001 - raised again where the result is wanted
            self.future.set_exception(error)
        else:
            self._ended = time.monotonic()
            self.future.set_result(result)


def dataset_work(name: str, do: Callable[[Meter], T]) -> Work[T]:
    """Work on a data set: stale once a face is annotated, and after five minutes.

    To begin it, as to ask whether it is usable, raises a `DatasetError` if there is no such data
    set or it is where the app may not read; so does `feedback` for those who may not review it.
    """

    def stamp() -> tuple[Path, int]:
        source = resolve(name)
        if source.is_feedback and not people.may(people.Action.REVIEW):
            raise DatasetError(
                f"'{name}' holds faces that people chose to keep, for those alone who review them. "
                "Choose another data set."
            )
        if source.path is not None:
            allowed(source.path)
        file = source.folder / annotations.FILE
        return file, file.stat().st_mtime_ns if file.is_file() else 0

    before = stamp()
    return Work(do, is_current=lambda: stamp() == before, fresh_for_s=_FRESH_FOR_S)
