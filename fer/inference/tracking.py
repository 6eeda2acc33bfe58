"""Faces over time: a person keeps a number, and probabilities are smoothed."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np

from fer.faces.face import Face
from fer.inference.answer import Box, FaceAnswer

T = TypeVar("T", bound=FaceAnswer)

MIN_OVERLAP = 0.25
"""Intersection over union from which two boxes are one person's, however fast they move."""

PATIENCE_S = 1.0
"""How long a person who is out of sight keeps the number."""

SMOOTHING_S = 0.5
"""Time constant of the exponential mean of a person's probabilities."""

_FLOW_PX = 320
_GRID = 5
_MIN_POINTS = 6


@dataclass(kw_only=True, eq=False)
class Track:
    """One person.

    Attributes:
        number: From 1, in the order of appearance; never used twice.
        face: Where the face is now.
        probabilities: Smoothed, shape (labels,), float32; None before the first reliable ones.
        seen_at_s: When a detector last saw the face.
        smoothed_at_s: When `probabilities` were last updated.
        visible: Whether the latest detection saw the face.
    """

    number: int
    face: Face
    seen_at_s: float
    probabilities: np.ndarray | None = None
    smoothed_at_s: float = 0.0
    visible: bool = True

    def smooth(self, latest: np.ndarray, at_s: float) -> np.ndarray:
        """Update the exponential mean of the probabilities, and return it."""
        if self.probabilities is None:
            self.probabilities = latest
        else:
            kept = math.exp(-max(at_s - self.smoothed_at_s, 0.0) / SMOOTHING_S)
            self.probabilities = kept * self.probabilities + (1 - kept) * latest
        self.smoothed_at_s = at_s
        return self.probabilities


class Tracker:
    """Matches the faces of each detection to known people, and follows them in between."""

    def __init__(self) -> None:
        """Start without anybody."""
        self._tracks: list[Track] = []
        self._next = 1
        self._before: np.ndarray | None = None

    def remember(self, people: Sequence[FaceAnswer], at_s: float) -> None:
        """Take over the next frame of an earlier run.

        Its people are out of sight until a detection matches their boxes.
        """
        tracks = {track.number: track for track in self._tracks}
        for known in people:
            face = Face(box=known.box, score=0.0, landmarks=np.zeros((5, 2), np.float32))
            track = tracks.setdefault(
                known.number, Track(number=known.number, face=face, seen_at_s=at_s, visible=False)
            )
            track.face, track.seen_at_s = face, at_s
            if known.reliable:  # smoothed already
                track.probabilities = np.array(list(known.probabilities.values()), np.float32)
                track.smoothed_at_s = at_s
            self._next = max(self._next, known.number + 1)
        self._keep_recent(tracks.values(), at_s)

    @property
    def visible(self) -> list[Track]:
        """The people in the frame, by number."""
        return [track for track in self._tracks if track.visible]

    def follow(self, frame: np.ndarray) -> None:
        """Move every face by the optical flow from the frame before.

        Lucas & Kanade 1981, pyramidal; the median over a grid of points inside each box.

        Args:
            frame: RGB, shape (h, w, 3), uint8; all of one size.
        """
        scale = _FLOW_PX / max(frame.shape[:2])
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        before, self._before = self._before, grey
        tracks = self.visible
        if before is None or before.shape != grey.shape or not tracks:
            return
        points = np.concatenate([_grid(track.face.box) for track in tracks]) * scale
        moved, status, _ = cv2.calcOpticalFlowPyrLK(
            before, grey, points.astype(np.float32), np.empty(0, np.float32), winSize=(15, 15)
        )
        steps = ((np.asarray(moved) - points) / scale).reshape(len(tracks), -1, 2)
        tracked = np.asarray(status).reshape(len(tracks), -1).astype(bool)
        for track, step, good in zip(tracks, steps, tracked, strict=True):
            if good.sum() >= _MIN_POINTS:
                track.face = _shifted(track.face, np.median(step[good], axis=0), frame)

    def match(self, faces: Sequence[Face], at_s: float) -> None:
        """Give each detected face to the person whose box is most like it, or to a new one."""
        pairs = sorted(
            (
                (_likeness(track.face.box, face.box, at_s - track.seen_at_s), track, face)
                for track in self._tracks
                for face in faces
            ),
            key=lambda pair: pair[0],
            reverse=True,
        )
        free, unmatched = set(self._tracks), set(faces)
        for likeness, track, face in pairs:
            if likeness > 0 and track in free and face in unmatched:
                free.remove(track)
                unmatched.remove(face)
                track.face, track.seen_at_s, track.visible = face, at_s, True
        for track in free:
            track.visible = False
        for face in (face for face in faces if face in unmatched):
            self._tracks.append(Track(number=self._next, face=face, seen_at_s=at_s))
            self._next += 1
        self._keep_recent(self._tracks, at_s)

    def _keep_recent(self, tracks: Iterable[Track], at_s: float) -> None:
        self._tracks = [track for track in tracks if at_s - track.seen_at_s <= PATIENCE_S]


def found_again(people: Sequence[FaceAnswer], faces: Sequence[T]) -> dict[int, T]:
    """The faces that a detector found on one frame, by the number of the person whose box fits."""
    pairs = sorted(
        ((overlap(person.box, face.box), person.number, at)
         for person in people for at, face in enumerate(faces)),
        reverse=True,
    )  # fmt: skip
    found: dict[int, T] = {}
    taken = set[int]()
    for shared, number, at in pairs:
        if shared >= MIN_OVERLAP and number not in found and at not in taken:
            found[number] = faces[at]
            taken.add(at)
    return found


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes (x, y, width, height)."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    common = max(across, 0) * max(down, 0)
    union = one[2] * one[3] + other[2] * other[3] - common
    return common / union if union else 0.0


def _likeness(one: Box, other: Box, passed_s: float) -> float:
    """How likely two boxes are the same person's: over 1 by overlap, else 0–1 by nearness.

    A face that moves fast may leave its box: by its size at once, by twice that in half a second.
    """
    shared = overlap(one, other)
    if shared >= MIN_OVERLAP:
        return 1 + shared
    apart_px = math.dist(
        (one[0] + one[2] / 2, one[1] + one[3] / 2),
        (other[0] + other[2] / 2, other[1] + other[3] / 2),
    )
    grown = one[2] / other[2]
    reach_px = max(one[2], other[2]) * min(1 + 2 * passed_s, 2)
    return max(1 - apart_px / reach_px, 0.0) if 0.5 < grown < 2 else 0.0


def _grid(box: Box) -> np.ndarray:
    """Points spread over the inner part of a box, shape (25, 2)."""
    x, y, width, height = box
    u, v = np.meshgrid(*[np.linspace(0.2, 0.8, _GRID)] * 2)
    return np.stack([x + u.ravel() * width, y + v.ravel() * height], axis=1)


def _shifted(face: Face, step: np.ndarray, frame: np.ndarray) -> Face:
    height, width = frame.shape[:2]
    x = int(np.clip(round(face.box[0] + step[0]), 0, max(width - face.box[2], 0)))
    y = int(np.clip(round(face.box[1] + step[1]), 0, max(height - face.box[3], 0)))
    landmarks = face.landmarks + step.astype(np.float32)
    return replace(face, box=(x, y, *face.box[2:]), landmarks=landmarks)
