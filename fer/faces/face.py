"""A face on a photo, and the step from a detector's raw boxes to faces."""

from dataclasses import dataclass

import cv2
import numpy as np

MIN_FACE_PX = 12
"""Shorter side, in photo pixels, below which a face is ignored: it shows too little."""

SAME_FACE = 0.6
"""Two boxes are one face if they share more than this part of the smaller one."""


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


def resized(photo: np.ndarray, longer_px: int) -> np.ndarray:
    """The photo with its longer side brought to a length; its shorter side is at least 1 px."""
    height, width = photo.shape[:2]
    scale = longer_px / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def select(
    boxes: np.ndarray, scores: np.ndarray, landmarks: np.ndarray, photo: np.ndarray
) -> list[Face]:
    """Turn a detector's raw boxes into faces: each once, large enough, largest first.

    Args:
        boxes: x, y, width, height in photo pixels, shape (n, 4); may extend beyond the photo.
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
            _shared(corners[index], corners[other]) > SAME_FACE for other in kept
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
