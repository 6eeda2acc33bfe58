"""How a page shows the progress of long work."""

import time

from streamlit.delta_generator import DeltaGenerator


def progress_text(noun: str, done: int, planned: int, elapsed_s: float) -> str:
    """Which piece is being worked on, and how long the rest takes if that is over a second.

    >>> progress_text("Photo", 2, 5, 4.0)
    'Photo 3 of 5, about 6 s left'
    """
    left_s = elapsed_s / done * (planned - done) if done else 0
    eta = f", about {duration(left_s)} left" if left_s > 1 else ""
    return f"{noun} {done + 1} of {planned}{eta}"


def duration(seconds: float) -> str:
    """A stretch of time, in the largest unit that suits it.

    >>> duration(80), duration(400), duration(9000)
    ('80 s', '7 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Meter:
    """How far some work is; called with units done and planned, perhaps by another thread."""

    def __init__(self, noun: str = "Face") -> None:
        self._noun = noun
        self._share, self._text = 0.0, "Reading the files…"
        self._done, self._started = 0, time.monotonic()

    def __call__(self, done: int, planned: int) -> None:
        now = time.monotonic()
        if done < self._done:  # unpacked; now reading
            self._started = now
        self._done = done
        text = progress_text(self._noun, done, planned, now - self._started)
        self._share, self._text = min(done / max(planned, 1), 1.0), text

    def note(self, text: str) -> None:
        """Show a sentence instead, for work that cannot be counted."""
        self._text = text

    def draw(self, slot: DeltaGenerator) -> None:
        """Show it in a place that `st.empty` made."""
        slot.progress(self._share, self._text)
