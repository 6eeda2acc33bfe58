"""From a face on a photo to an upright crop, framed as the training faces are."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import cv2
import numpy as np

from fer.errors import CardError
from fer.faces.face import Face


@dataclass(frozen=True, kw_only=True)
class Framing:
    """The position of a face in its crop, in parts of the crop's side, once its eyes are level.

    Attributes:
        eyes_x: Where the midpoint of the eyes is, from the left.
        eyes_y: Where it is, from the top.
        span: The face's span: the longer of the distance between the eyes and the distance from
            their midpoint to that of the mouth's corners. On a face seen from the front
            they are about equal; turning the head shortens only the first, nodding only the
            second, so that the longer one is the less foreshortened.
    """

    eyes_x: float
    eyes_y: float
    span: float

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not 0.05 <= value <= 0.95:
                raise CardError(
                    f"The framing has {name} {value!r}; expected a part of the crop's side, "
                    "0.05 to 0.95. Use the card that the model was trained with."
                )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Framing":
        """The framing that a card describes.

        Raises:
            CardError: If a value is missing, unknown or impossible.
        """
        expected = {field.name for field in fields(cls)}
        if set(values) != expected:
            raise CardError(
                f"The framing has {', '.join(sorted(map(str, values))) or 'nothing'}; expected "
                f"{', '.join(sorted(expected))}. Use the card that the model was trained with."
            )
        return cls(**values)


FER2013_FRAMING = Framing(eyes_x=0.5, eyes_y=0.395, span=0.38)
"""Medians over 2,873 faces of FER-2013's training part as YuNet sees them, rounded. From face to
face they spread by 8, 13 and 17%; MTCNN has 0.50, 0.39 and 0.40. `bench/measure_framing.py`
measures it."""


def frame_face(
    photo: np.ndarray, face: Face, framing: Framing, *, height: int, width: int
) -> np.ndarray:
    """Cut a face out of a photo, turned so that its eyes are level.

    Args:
        photo: RGB, shape (h, w, 3), uint8.
        face: A face on that photo.
        framing: Its position in the crop; in an oblong crop, in the middle square.
        height: Height of the crop in pixels.
        width: Width of the crop in pixels.

    Returns:
        RGB, shape (height, width, 3), uint8; the photo's outermost pixels are repeated beyond it.
    """
    matrix = photo_to_crop(face.landmarks, framing, height=height, width=width)
    region, matrix = _region(photo, matrix, height=height, width=width)
    region, matrix = _shrunk(region, matrix)
    # Bilinear sampling skips pixels where it shrinks: so grow here and average afterwards.
    oversampling = 2 if _scale(matrix) < 1 else 1
    matrix = np.diag([oversampling, oversampling, 1]) @ matrix
    # OpenCV counts from the middle of the first pixel, all else here from its corner.
    matrix = _shift(-0.5, -0.5) @ matrix @ _shift(0.5, 0.5)
    size = (width * oversampling, height * oversampling)
    crop = cv2.warpAffine(region, matrix[:2], size, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)


def photo_to_crop(
    landmarks: np.ndarray, framing: Framing, *, height: int, width: int
) -> np.ndarray:
    """Turn, scale and shift from photo to crop, in pixels from each one's corner, shape (3, 3)."""
    left_eye, right_eye, _, left_mouth, right_mouth = landmarks.astype(np.float64)
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    across = right_eye - left_eye
    span_px = max(np.hypot(*across), np.hypot(*(mouth - eyes)), 1.0)
    side = min(height, width)
    scale = framing.span * side / span_px
    angle = math.atan2(across[1], across[0])
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    x = width / 2 + (framing.eyes_x - 0.5) * side
    y = height / 2 + (framing.eyes_y - 0.5) * side
    matrix: np.ndarray = _shift(x, y) @ turn @ _shift(*-eyes)
    return matrix


def _region(
    photo: np.ndarray, matrix: np.ndarray, *, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """The part of the photo that the crop shows, and the matrix from there to the crop."""
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]])
    in_photo = (np.linalg.inv(matrix) @ corners.T)[:2]
    last = np.array([photo.shape[1] - 1, photo.shape[0] - 1])
    margin_px = math.ceil(1 / _scale(matrix))  # so that averages at the crop's edge are complete
    start = np.clip(np.floor(in_photo.min(axis=1)) - margin_px, 0, last).astype(int)
    stop = np.clip(np.ceil(in_photo.max(axis=1)) + margin_px, start + 1, last + 1).astype(int)
    return photo[start[1] : stop[1], start[0] : stop[0]], matrix @ _shift(*start)


def _shrunk(region: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The region at no more than twice the crop's resolution, and the matrix from there."""
    factor = 2 * _scale(matrix)
    if factor >= 1:
        return region, matrix
    height, width = region.shape[:2]
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    region = cv2.resize(region, size, interpolation=cv2.INTER_AREA)
    return region, matrix @ np.diag([width / size[0], height / size[1], 1])


def _scale(matrix: np.ndarray) -> float:
    return math.sqrt(np.linalg.det(matrix[:2, :2]))


def _shift(x: float, y: float) -> np.ndarray:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
