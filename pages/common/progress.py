"""How a page shows and words the progress of work that takes a while."""

import time
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

LOOK_AGAIN_AFTER_S = 300
"""A data set's files are looked at again after this time."""

_UPDATE_EVERY_S = 0.2

T = TypeVar("T")


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


def with_progress(work: Callable[[Callable[[int, int], None]], T]) -> T:
    """Do something that reports faces done and planned, and show how far it is."""
    slot = st.empty()
    slot.progress(0.0, "Looking at the files…")
    started = shown = time.monotonic()
    before = 0

    def report(done: int, planned: int) -> None:
        nonlocal started, shown, before
        now = time.monotonic()
        if done < before:  # unpacked; now they are read
            started = now
        before = done
        if now - shown < _UPDATE_EVERY_S:
            return
        shown = now
        slot.progress(done / planned, progress_text("Face", done, planned, now - started))

    try:
        return work(report)
    finally:
        slot.empty()
