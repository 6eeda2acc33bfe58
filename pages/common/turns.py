"""Few scripts of pages run at once, first come, first served.

Python runs one thread at a time, and every thread that wants to waits for all others: with fifty
scripts at once the server's own loop, and the photos of the HTTP API, would wait for all of them
each time.
"""

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = max(2, os.cpu_count() or 1)
PATIENCE_S = 3.0
"""Then a script runs without a turn: those that have one may be waiting for something slow."""


class Turns:
    """Turns for at most so many threads at once."""

    def __init__(self, at_once: int, patience_s: float) -> None:
        self._free = at_once
        self._patience_s = patience_s
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, but not for ever, and hold it meanwhile."""
        self._mine.held = self._take()
        try:
            yield
        finally:
            self._give_back()

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Let another thread have this one's turn, if it has one, while it waits for something."""
        held = self._give_back()
        try:
            yield
        finally:
            if held:
                self._mine.held = self._take()

    def _take(self) -> bool:
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(self._patience_s):
            return True
        with self._lock:
            if mine.is_set():  # between the end of patience and here
                return True
            self._waiting.remove(mine)
            return False

    def _give_back(self) -> bool:
        held, self._mine.held = getattr(self._mine, "held", False), False
        if held:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().set()
                else:
                    self._free += 1
        return held


SCRIPTS = Turns(AT_ONCE, PATIENCE_S)
"""Those of the app's pages."""
