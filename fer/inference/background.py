"""Work in a thread that takes its turn, and that ends when it is stopped or nobody watches."""

import threading
import time
from collections.abc import Callable

AT_A_TIME = 2
"""Pieces of work in this process; the others wait for their turn."""
UNWATCHED_S = 900.0
"""How long work goes on after anybody last watched it."""

_TURNS = threading.BoundedSemaphore(AT_A_TIME)
_ASKED_EVERY_S = 0.2


class Background:
    """Runs one piece of work after another.

    Attributes:
        failure: What ended the work, if not its end or a request to stop.
    """

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._has_turn = False
        self._watched = time.monotonic()

    @property
    def is_working(self) -> bool:
        """Whether the thread runs, perhaps waiting for its turn."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_waiting(self) -> bool:
        """Whether other work has to end first."""
        return self.is_working and not self._has_turn

    def start(self, work: Callable[[], None]) -> None:
        """Run some work, after what runs now has stopped; it asks `should_stop` often."""
        self.stop()
        self.wait()
        self._stopping.clear()
        self.failure = None
        self.watch()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def watch(self) -> None:
        """Somebody looks at the work, so that it goes on."""
        self._watched = time.monotonic()

    def should_stop(self) -> bool:
        """Whether the work has to end, because of `stop` or as nobody watches."""
        return self._stopping.is_set() or time.monotonic() - self._watched > UNWATCHED_S

    def stop(self) -> None:
        """Ask the work to end."""
        self._stopping.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until the work has ended."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, work: Callable[[], None]) -> None:
        while not _TURNS.acquire(timeout=_ASKED_EVERY_S):
            if self.should_stop():
                return
        self._has_turn = True
        try:
            work()
        except Exception as error:  # noqa: BLE001 - who watches shows it, or raises it again
            self.failure = error
        finally:
            self._has_turn = False
            _TURNS.release()
