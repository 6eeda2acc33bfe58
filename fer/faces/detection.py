"""Faces on a photo: what a detector gives, and which detectors there are.

| name    | comes with                                              | needs                     |
|---------|---------------------------------------------------------|---------------------------|
| `yunet` | one file, added by `python -m fer detectors download`   | OpenCV                    |
| `mtcnn` | the package of that name, weights inside                | TensorFlow                |
| `auto`  | YuNet where its file is there, as it is faster and surer; else MTCNN                |
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from fer.errors import DetectorError
from fer.faces import files

NAMES = ("auto", "mtcnn", "yunet")

MIN_FACE_PX = 12
"""Shorter side, in photo pixels, under which a face is left out: nothing can be read from it."""

_SAME_FACE = 0.6
"""Two boxes are one face if they share this part of the smaller one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Face:
    """One face on a photo.

    Attributes:
        box: x, y, width, height in photo pixels, within the photo.
        score: The detector's confidence, 0–1; detectors do not agree on its scale.
        landmarks: x and y of five points in pixels from the photo's corner, shape (5, 2), float32;
            they may lie outside the photo. On an upright head: the eye on the photo's left, the
            eye on its right, the tip of the nose, the mouth's left corner, and its right one.
    """

    box: tuple[int, int, int, int]
    score: float
    landmarks: np.ndarray


class Detector(Protocol):
    """Finds faces; may be called from several threads.

    Attributes:
        name: What people choose it by.
    """

    name: str

    def detect(self, photo: np.ndarray) -> list[Face]:
        """All faces of a photo, largest first; an empty list where there is none.

        Args:
            photo: RGB, shape (height, width, 3), uint8.
        """
        ...

    def detect_many(self, photos: Sequence[np.ndarray]) -> list[list[Face]]:
        """What `detect` finds on each of some photos; where it can, it searches them together."""
        ...


@dataclass(frozen=True, kw_only=True)
class DetectorStatus:
    """Whether a detector can be used here, and the file it is or would be in, if it has one."""

    name: str
    present: bool
    path: Path | None


_loading = threading.Lock()


def load_detector(name: str = "auto") -> Detector:
    """Make a detector ready; the second call for the same one costs nothing.

    Args:
        name: `auto`, `mtcnn` or `yunet`.

    Raises:
        DetectorError: If the name is not known, or what it needs is missing or damaged.
    """
    if name not in NAMES:
        raise DetectorError(
            f"Unknown detector '{name}'. Known: {', '.join(NAMES)}; and none, for pictures that "
            "are one tight face each."
        )
    if name == "auto":
        name = "yunet" if files.yunet_path().is_file() else "mtcnn"
    with _loading:
        return _yunet(files.yunet_path()) if name == "yunet" else _mtcnn()


def detectors() -> tuple[DetectorStatus, ...]:
    """The detectors that could be used, and whether they can be now."""
    has_mtcnn = all(find_spec(package) is not None for package in ("mtcnn", "tensorflow"))
    path = files.yunet_path()
    return (
        DetectorStatus(name="mtcnn", present=has_mtcnn, path=None),
        DetectorStatus(name="yunet", present=path.is_file(), path=path),
    )


@cache
def _mtcnn() -> Detector:
    from fer.faces.mtcnn import Mtcnn  # brings TensorFlow, which takes seconds

    return Mtcnn()


@cache
def _yunet(path: Path) -> Detector:
    from fer.faces.yunet import YuNet

    return YuNet(path)


def resized(photo: np.ndarray, longer_px: int) -> np.ndarray:
    """The photo with its longer side brought to a length; its shorter side is at least 1 px."""
    height, width = photo.shape[:2]
    scale = longer_px / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def select(
    boxes: np.ndarray, scores: np.ndarray, landmarks: np.ndarray, photo: np.ndarray
) -> list[Face]:
    """Turn a detector's raw finds into faces: each once, large enough, largest first.

    Args:
        boxes: x, y, width, height in photo pixels, shape (n, 4); may reach over the photo's edge.
        scores: Shape (n,), 0–1.
        landmarks: In photo pixels, shape (n, 5, 2).
        photo: The photo, shape (height, width, 3).
    """
    height, width = photo.shape[:2]
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1).round()
    corners = corners.clip(0, (width, height, width, height)).astype(int)
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        sides = corners[index, 2:] - corners[index, :2]
        if sides.min() >= MIN_FACE_PX and not any(
            _shared(corners[index], corners[other]) > _SAME_FACE for other in kept
        ):
            kept.append(index)
    faces = []
    for index in kept:
        left, top, right, bottom = corners[index].tolist()
        faces.append(
            Face(
                box=(left, top, right - left, bottom - top),
                score=float(scores[index]),
                landmarks=landmarks[index].astype(np.float32),
            )
        )
    return sorted(faces, key=lambda face: face.box[2] * face.box[3], reverse=True)


def _shared(one: np.ndarray, other: np.ndarray) -> float:
    """Common area of two boxes (left, top, right, bottom) over the smaller one's area."""
    common = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    smaller = min(np.prod(box[2:] - box[:2]) for box in (one, other))
    return float(common.clip(0).prod() / smaller)
