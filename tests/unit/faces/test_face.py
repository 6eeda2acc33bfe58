import numpy as np
import pytest

from fer.faces.face import resized, select

PHOTO = np.zeros((200, 300, 3), np.uint8)


def boxes_of(boxes: list[list[float]], scores: list[float] | None = None) -> list[tuple[int, ...]]:
    count = len(boxes)
    faces = select(
        np.array(boxes, float).reshape(-1, 4),
        np.array(scores or [0.9] * count),
        np.zeros((count, 5, 2)),
        PHOTO,
    )
    return [face.box for face in faces]


def test_faces_come_largest_first() -> None:
    small, large, middle = [10, 10, 20, 20], [100, 10, 60, 60], [50, 100, 40, 40]
    assert boxes_of([small, large, middle], [0.99, 0.7, 0.8]) == [
        tuple(large),
        tuple(middle),
        tuple(small),
    ]


def test_no_find_is_no_face() -> None:
    assert boxes_of([]) == []


def test_one_face_found_twice_is_kept_once_by_its_score() -> None:
    assert boxes_of([[10, 10, 50, 50], [12, 12, 52, 52]], [0.8, 0.9]) == [(12, 12, 52, 52)]
    assert boxes_of([[10, 10, 100, 100], [30, 30, 40, 40]], [0.9, 0.8]) == [(10, 10, 100, 100)]


def test_faces_that_touch_are_both_kept() -> None:
    assert len(boxes_of([[10, 10, 50, 50], [40, 10, 50, 50]])) == 2


def test_boxes_are_cut_at_the_photos_edge() -> None:
    assert boxes_of([[-10.4, -5, 50, 50], [270, 180, 60, 60]]) == [
        (0, 0, 40, 45),
        (270, 180, 30, 20),
    ]


def test_faces_too_small_to_read_are_dropped() -> None:
    assert boxes_of([[10, 10, 11, 40], [100, 10, 12, 12], [-40, 100, 50, 50]]) == [
        (100, 10, 12, 12)
    ]


def test_each_face_keeps_its_own_score_and_landmarks() -> None:
    landmarks = np.arange(20, dtype=float).reshape(2, 5, 2)
    faces = select(
        np.array([[10, 10, 20, 20], [100, 10, 60, 60.0]]), np.array([0.8, 0.7]), landmarks, PHOTO
    )
    assert [face.score for face in faces] == [0.7, 0.8]
    np.testing.assert_array_equal(faces[0].landmarks, landmarks[1])
    assert faces[0].landmarks.dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "expected"), [((200, 100), (50, 25)), ((10, 40), (12, 50)), ((2, 9000), (1, 50))]
)
def test_resizing_keeps_the_shape(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    assert resized(np.zeros((*shape, 3), np.uint8), 50).shape == (*expected, 3)
