"""A film that a visitor is having looked at, from run to run of the page."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fer.inference.predictor import Predictor
from fer.inference.timeline import Timeline
from fer.inference.video import VideoFile, VideoStep, analyse

FilmKey = tuple[str, int, Predictor]
"""Which file it is, every how many frames are looked at, and by what."""


@dataclass(kw_only=True, eq=False)
class Film:
    """How far the work has come; it goes on where it stopped.

    Attributes:
        key: Tells this film with these settings from others.
        name: What to call it.
        source: Its bytes, or where it lies.
        video: The film, open for reading.
        steps: Frames still to come.
        timeline: What has been seen.
        frames: Frames looked at.
        at_s: How far into the film that is.
        running: Whether the visitor wants it to go on.
        done: Whether the end was reached.
    """

    key: FilmKey
    name: str
    source: bytes | Path
    video: VideoFile
    steps: Iterator[VideoStep]
    timeline: Timeline
    frames: int = 0
    at_s: float = 0.0
    running: bool = True
    done: bool = False
    spent_s: float = field(default=0.0)


def open_film(key: FilmKey, name: str, source: bytes | Path) -> Film:
    """Begin with a film.

    Raises:
        VideoError: If it cannot be opened.
    """
    video = opened(source)
    _, every, predictor = key
    return Film(
        key=key,
        name=name,
        source=source,
        video=video,
        steps=analyse(video, predictor, every=every),
        timeline=Timeline(predictor.card.labels),
    )


def opened(source: bytes | Path) -> VideoFile:
    """Open a film anew, from its beginning."""
    return VideoFile(io.BytesIO(source) if isinstance(source, bytes) else source)


def frame_at(film: Film, at_s: float) -> np.ndarray:
    """The frame at a moment: RGB, shape (height, width, 3), uint8."""
    with opened(film.source) as video:
        return video.frame_near(at_s)
