"""How a page shows the progress of long work."""

import time

from streamlit.delta_generator import DeltaGenerator

from fer.wording import duration


def progress_text(
    noun: str, done: int, planned: int, elapsed_s: float, since_s: float = 0.0
) -> str:
    """Which piece is being worked on, and how long the rest takes if that is over a second.

    Args:
        noun: What the pieces are.
        done: How many are done.
        planned: How many there are.
        elapsed_s: What these took.
        since_s: How long the present one has taken so far.

    >>> progress_text("Photo", 2, 5, 4.0)
    'Photo 3 of 5, about 6 s left'
    >>> progress_text("Photo", 2, 5, 4.0, 1.0)
    'Photo 3 of 5, about 5 s left'
    """
    left_s = elapsed_s / done * (planned - done) - since_s if done else 0
    eta = f", about {duration(left_s)} left" if left_s > 1 else ""
    return f"{noun} {min(done + 1, planned):,} of {planned:,}{eta}"


class Meter:
    """How far some work is; called with units done and planned, perhaps by another thread."""

    def __init__(self, noun: str = "Face") -> None:
        self._noun, self._note = noun, "Reading the files…"
        self._done = self._planned = 0
        self._started = self._reported = time.monotonic()

    def __call__(self, done: int, planned: int) -> None:
        now = time.monotonic()
        if done < self._done:  # unpacked; now reading
            self._started = now
        self._done, self._planned, self._reported, self._note = done, planned, now, ""

    def begin(self, what: str, noun: str) -> None:
        """Count other pieces from now on, under this heading."""
        self._noun, self._note = f"{what}: {noun}", f"{what}…"
        self._done = self._planned = 0
        self._started = self._reported = time.monotonic()

    def note(self, text: str) -> None:
        """Show a sentence instead, for work that cannot be counted."""
        self._note = text

    def draw(self, slot: DeltaGenerator) -> None:
        """Show it in a place that `st.empty` made."""
        elapsed_s, since_s = self._reported - self._started, time.monotonic() - self._reported
        text = progress_text(self._noun, self._done, self._planned, elapsed_s, since_s)
        slot.progress(min(self._done / max(self._planned, 1), 1.0), self._note or text)
