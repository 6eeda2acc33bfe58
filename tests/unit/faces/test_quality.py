import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from fer.faces.face import Face
from fer.faces.quality import MIN_RELIABLE_SIDE_PX, TOO_BLURRED, TOO_SMALL, measure

BOX = (180, 60, 90, 110)


def at_front(*, turn: float = 0, tilt_deg: float = 0) -> Face:
    landmarks = np.array([[-20, -10], [20, -10], [40 * turn, 10], [-15, 30], [15, 30]], np.float32)
    cos, sin = math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))
    turned = landmarks @ np.array([[cos, sin], [-sin, cos]], np.float32)
    return Face(box=BOX, score=0.9, landmarks=turned + np.array([225, 105], np.float32))


def test_a_good_face_has_no_warnings(astronaut: np.ndarray) -> None:
    quality = measure(astronaut, at_front())
    assert quality.warnings == ()
    assert quality.side_px == 90


def test_tilt_and_turn_are_distinguished(astronaut: np.ndarray) -> None:
    quality = measure(astronaut, at_front(tilt_deg=25))
    assert quality.tilt_deg == pytest.approx(25, abs=0.1)
    assert quality.turn == pytest.approx(0, abs=0.01)
    quality = measure(astronaut, at_front(turn=0.5, tilt_deg=-20))
    assert quality.turn == pytest.approx(0.5, abs=0.01)
    assert quality.warnings == ("turned away",)


@pytest.mark.parametrize(
    ("spoil", "warning"),
    [
        (lambda photo: cv2.GaussianBlur(photo, (0, 0), 6), "blurred"),
        (lambda photo: (photo * 0.2).astype(np.uint8), "dark"),
        (lambda photo: 255 - (255 - photo) // 10, "overexposed"),
    ],
)
def test_a_spoilt_photo_is_called_what_it_is(
    spoil: Callable[[np.ndarray], np.ndarray], warning: str, astronaut: np.ndarray
) -> None:
    assert measure(spoil(astronaut), at_front()).warnings == (warning,)


@pytest.mark.parametrize(
    ("side_px", "because"), [(MIN_RELIABLE_SIDE_PX - 1, TOO_SMALL), (MIN_RELIABLE_SIDE_PX, "")]
)
def test_a_face_is_unreliable_below_the_smallest_side(
    side_px: int, because: str, astronaut: np.ndarray
) -> None:
    face = Face(box=(200, 80, side_px + 5, side_px), score=1.0, landmarks=at_front().landmarks)
    quality = measure(astronaut, face)
    assert quality.unreliable_because == because
    assert f"small ({side_px} px" in quality.warnings[0]


def test_only_a_heavily_blurred_face_is_unreliable(astronaut: np.ndarray) -> None:
    slight, heavy = (cv2.GaussianBlur(astronaut, (0, 0), sigma) for sigma in (3, 12))
    assert measure(slight, at_front()).unreliable_because == ""
    assert measure(heavy, at_front()).unreliable_because == TOO_BLURRED


def test_a_photo_that_is_one_face_is_measured_without_landmarks(astronaut: np.ndarray) -> None:
    crop = cv2.resize(astronaut[50:180, 165:295], (48, 48), interpolation=cv2.INTER_AREA)
    quality = measure(crop, None)
    assert (quality.side_px, quality.tilt_deg, quality.turn) == (48, None, None)
    assert (quality.unreliable_because, quality.warnings) == ("", ())
    assert measure(crop[:20, :20], None).unreliable_because == TOO_SMALL


def test_a_face_outside_the_photo_is_unreliable(astronaut: np.ndarray) -> None:
    face = Face(box=(600, 80, 60, 60), score=1.0, landmarks=at_front().landmarks)
    assert measure(astronaut, face).unreliable_because == TOO_BLURRED
