from dataclasses import asdict

import cv2
import numpy as np
import pytest

from fer.errors import CardError
from fer.faces.alignment import FER2013_FRAMING, Framing, frame_face
from fer.faces.face import Face

POINTS = np.float32([[40, 50], [60, 50], [50, 62], [43, 70], [57, 70]])
"""A level face: 20 px from eye to eye, and 20 px from there to the mouth."""


def a_face(points: np.ndarray = POINTS) -> Face:
    return Face(box=(30, 30, 40, 50), score=0.9, landmarks=np.float32(points))


def dotted(
    points: np.ndarray, shape: tuple[int, int] = (120, 120), radius: float = 2
) -> np.ndarray:
    """A grey photo with a bright disc at each point; the left eye's is red."""
    photo = np.full((*shape, 3), 40, np.uint8)
    for index, point in enumerate(points):
        left, top = np.maximum(np.floor(np.subtract(point, radius + 2)).astype(int), 0)
        size = int(2 * radius + 5)
        part = photo[top : top + size, left : left + size]
        y, x = np.indices(part.shape[:2]) + 0.5
        inside = (radius + 0.5 - np.hypot(x + left - point[0], y + top - point[1])).clip(0, 1)
        colour = np.array((255, 0, 0) if index == 0 else (255, 255, 255))
        part += (inside[..., None] * (colour - part)).astype(int).astype(np.uint8)
    return photo


def turned(points: np.ndarray, degrees: float, scale: float = 1, middle: float = 60) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D((middle, middle), -degrees, scale)
    return points @ matrix[:, :2].T + matrix[:, 2]


def brightest(crop: np.ndarray, x: float, y: float, reach: int) -> np.ndarray:
    """Middle of the red or white light near a place, from the crop's corner."""
    top, left = max(int(y) - reach, 0), max(int(x) - reach, 0)
    light = crop[top : top + 2 * reach, left : left + 2 * reach, 0].astype(float) - 60
    light = light.clip(0)
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]] + 0.5
    return np.array([(columns * light).sum(), (rows * light).sum()]) / light.sum() + (left, top)


@pytest.mark.parametrize("degrees", [0, 20, -35, 90, 180])
@pytest.mark.parametrize("scale", [0.5, 1, 4, 20])
def test_the_eyes_are_level_and_where_the_framing_puts_them(degrees: float, scale: float) -> None:
    middle = 60 * scale
    points = turned(POINTS * scale, degrees, middle=middle)
    side = round(120 * scale)
    photo = dotted(points, (side, side), radius=max(2 * scale, 1.5))
    framing = Framing(eyes_x=0.5, eyes_y=0.4, span=0.4)
    crop = frame_face(photo, a_face(points), framing, height=100, width=100)
    for x, y in ((30, 40), (70, 40)):
        np.testing.assert_allclose(brightest(crop, x, y, reach=12), (x, y), atol=0.6)
    assert crop[40, 30, 1] < 100, "the red eye belongs on the left"


def test_a_crop_that_neither_turns_nor_scales_is_the_photo_itself() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (120, 120, 3), np.uint8)
    framing = Framing(eyes_x=0.5, eyes_y=0.5, span=0.5)
    crop = frame_face(photo, a_face(), framing, height=40, width=40)
    np.testing.assert_array_equal(crop, photo[30:70, 30:70])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ([[7, 0], [-7, 0], [0, 0], [5, 0], [-5, 0]], "turned aside"),
        ([[0, 0]] * 3 + [[0, -8]] * 2, "nodding"),
    ],
)
def test_the_longer_distance_sets_the_scale(change: list[list[float]], reason: str) -> None:
    photo = dotted(POINTS)
    framing = Framing(eyes_x=0.5, eyes_y=0.4, span=0.4)
    straight = frame_face(photo, a_face(), framing, height=48, width=48)
    foreshortened = frame_face(photo, a_face(POINTS + change), framing, height=48, width=48)
    np.testing.assert_array_equal(straight, foreshortened, err_msg=reason)


def test_an_oblong_crop_holds_the_square_one_in_its_middle() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (120, 120, 3), np.uint8)
    face = a_face(turned(POINTS, 10))
    square = frame_face(photo, face, FER2013_FRAMING, height=40, width=40)
    wide = frame_face(photo, face, FER2013_FRAMING, height=40, width=60)
    tall = frame_face(photo, face, FER2013_FRAMING, height=60, width=40)
    assert np.abs(wide[:, 10:50].astype(int) - square).max() <= 1
    assert np.abs(tall[10:50].astype(int) - square).max() <= 1


def test_beyond_the_edge_the_outermost_pixels_are_repeated() -> None:
    photo = np.full((120, 120, 3), 90, np.uint8)
    photo[:, 0] = 200
    face = a_face(POINTS - (48, 0))
    crop = frame_face(photo, face, FER2013_FRAMING, height=48, width=48)
    assert (crop[:, :20] == 200).all()
    assert (crop[:, 30:] == 90).all()


@pytest.mark.parametrize("away", [(-500, 0), (0, -500), (900, 900)])
def test_a_face_outside_the_photo_gives_its_edge(away: tuple[float, float]) -> None:
    photo = np.full((120, 120, 3), 90, np.uint8)
    crop = frame_face(photo, a_face(POINTS + away), FER2013_FRAMING, height=48, width=48)
    assert (crop == 90).all()


def test_points_that_fall_together_do_not_fail() -> None:
    photo = np.zeros((120, 120, 3), np.uint8)
    crop = frame_face(photo, a_face(np.full((5, 2), 60)), FER2013_FRAMING, height=48, width=48)
    assert crop.shape == (48, 48, 3)


@pytest.mark.parametrize("scale", [1.5, 2.6, 25])
def test_fine_patterns_are_averaged_not_sampled(scale: float) -> None:
    side = round(120 * scale)
    checks = np.indices((side, side)).sum(axis=0) % 2 * 255
    photo = np.repeat(checks.astype(np.uint8)[..., None], 3, axis=2)
    face = a_face(turned(POINTS * scale, 7, middle=60 * scale))
    crop = frame_face(photo, face, FER2013_FRAMING, height=48, width=48)
    assert crop.std() < 5, "sampled, it is 7 to 43"


def test_a_photo_wider_than_opencv_can_warp_is_framed() -> None:
    photo = dotted(POINTS + np.array([39_000, 0]), (120, 40_000))
    crop = frame_face(
        photo, a_face(POINTS + np.array([39_000, 0])), FER2013_FRAMING, height=48, width=48
    )
    expected = frame_face(dotted(POINTS), a_face(), FER2013_FRAMING, height=48, width=48)
    assert np.abs(crop.astype(int) - expected).max() <= 2


def test_a_framing_survives_its_card() -> None:
    framing = Framing(eyes_x=0.5, eyes_y=0.4, span=0.3)
    assert Framing.from_dict(asdict(framing)) == framing


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"eyes_x": 0.5, "eyes_y": 0.4},
        {"eyes_x": 0.5, "eyes_y": 0.4, "span": 0.4, "margin": 0.1},
        {"eyes_x": 0.5, "eyes_y": 0.4, "span": 0},
        {"eyes_x": 0.5, "eyes_y": 1.2, "span": 0.4},
        {"eyes_x": "middle", "eyes_y": 0.4, "span": 0.4},
        {"eyes_x": None, "eyes_y": 0.4, "span": 0.4},
        {"eyes_x": float("nan"), "eyes_y": 0.4, "span": 0.4},
    ],
)
def test_a_framing_that_cannot_be_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(CardError, match="framing"):
        Framing.from_dict(values)


def test_faces_of_fer2013_framed_again_are_nearly_unchanged() -> None:
    # Points of the median face of FER-2013, from measuring it: the eyes at 0.31 and 0.69.
    side = 480
    points = np.array([[0.312, 0.395], [0.688, 0.395], [0.5, 0.6], [0.35, 0.775], [0.65, 0.775]])
    photo = dotted(points * side, (side, side), radius=12)
    crop = frame_face(photo, a_face(points * side), FER2013_FRAMING, height=48, width=48)
    expected = cv2.resize(photo, (48, 48), interpolation=cv2.INTER_AREA)
    assert np.abs(crop.astype(int) - expected).mean() < 3
