"""The people on each analysed frame of a video, in little memory."""

import bisect
import threading
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fer.faces.quality import KINDS
from fer.inference.answer import FaceAnswer, by_label

_BOX, _SCORE, _KIND, _SHARES = slice(1, 5), 5, 6, 7
MAX_ROWS = 300_000
"""Rows that are kept, about 60 MB: a person on a frame is one, and so is a frame without people."""


class FrameFaces(NamedTuple):
    """The people on one frame: its number from 0, its time in seconds, and their answers."""

    number: int
    at_s: float
    faces: tuple[FaceAnswer, ...]


class FrameLog:
    """Frames in the order of time; safe to read while another thread appends."""

    def __init__(self, labels: Sequence[str]) -> None:
        """Start empty, with the model's labels."""
        self._labels = tuple(labels)
        self._frames: list[tuple[int, float, bytes]] = []
        self._rows = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[FrameFaces]:
        with self._lock:
            frames = self._frames.copy()
        return map(self._unpacked, frames)

    @property
    def bytes_held(self) -> int:
        """About how much memory the frames take."""
        return 160 * len(self._frames) + 4 * (_SHARES + len(self._labels)) * self._rows

    @property
    def is_full(self) -> bool:
        """Whether no frame fits in any more."""
        return self._rows >= MAX_ROWS

    def append(self, frame: FrameFaces) -> None:
        """Add a frame that comes after all others."""
        packed = np.array(
            [
                (
                    face.number, *face.box, np.nan if face.score is None else face.score,
                    KINDS.index(face.unreliable_because),
                    *(face.probabilities[label] for label in self._labels),
                )
                for face in frame.faces
            ],
            np.float32,
        )  # fmt: skip
        with self._lock:
            self._frames.append((frame.number, frame.at_s, packed.tobytes()))
            self._rows += max(len(frame.faces), 1)

    def at(self, at_s: float) -> FrameFaces | None:
        """The last frame that began by then, or else the first one; None if there is none."""
        with self._lock:
            place = bisect.bisect_right(self._frames, at_s, key=lambda frame: frame[1])
            frame = self._frames[max(place - 1, 0)] if self._frames else None
        return frame and self._unpacked(frame)

    def _unpacked(self, frame: tuple[int, float, bytes]) -> FrameFaces:
        number, at_s, packed = frame
        rows = np.frombuffer(packed, np.float32).reshape(-1, _SHARES + len(self._labels))
        return FrameFaces(number, at_s, tuple(self._face(row) for row in rows))

    def _face(self, row: np.ndarray) -> FaceAnswer:
        x, y, width, height = (int(value) for value in row[_BOX])
        return FaceAnswer(
            number=int(row[0]),
            box=(x, y, width, height),
            score=None if np.isnan(row[_SCORE]) else float(row[_SCORE]),
            probabilities=by_label(self._labels, row[_SHARES:]),
            unreliable_because=KINDS[int(row[_KIND])],
        )
