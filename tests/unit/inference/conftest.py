from collections.abc import Callable, Sequence

import numpy as np
import pytest

from fer.faces.face import Face
from fer.inference.predictor import Predictor
from fer.models.model import Model


class BrightSquare:
    """Finds the bright square of a dark picture, as a detector finds a face."""

    name = "square"

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, photo: np.ndarray) -> list[Face]:
        self.calls += 1
        rows, columns = np.nonzero(photo[:, :, 0] > 128)
        if not len(rows):
            return []
        x, y = int(columns.min()), int(rows.min())
        return [face_at(x, y, max(int(columns.max()) - x + 1, 12))]

    def detect_many(self, photos: Sequence[np.ndarray]) -> list[list[Face]]:
        return [self.detect(photo) for photo in photos]


def face_at(x: int, y: int, side: int) -> Face:
    """A face whose landmarks lie as on a face seen from the front."""
    landmarks = [(0.31, 0.4), (0.69, 0.4), (0.5, 0.6), (0.35, 0.78), (0.65, 0.78)]
    return Face(
        box=(x, y, side, side),
        score=0.9,
        landmarks=np.array([(x + u * side, y + v * side) for u, v in landmarks], np.float32),
    )


@pytest.fixture
def square_detector() -> BrightSquare:
    return BrightSquare()


@pytest.fixture
def square_predictor(tiny_model: Model, square_detector: BrightSquare) -> Predictor:
    return Predictor(tiny_model, square_detector)


@pytest.fixture(scope="session")
def square_frame() -> Callable[..., np.ndarray]:
    """A textured square of 60 px on a dark ground, 200 × 160 px; without a place, the ground."""
    texture = np.random.default_rng(0).integers(140, 256, (10, 10, 3), dtype=np.uint8)
    square = texture.repeat(6, axis=0).repeat(6, axis=1)

    def draw(x: int | None = None, y: int = 50) -> np.ndarray:
        frame = np.full((160, 200, 3), 20, np.uint8)
        if x is not None:
            frame[y : y + 60, x : x + 60] = square
        return frame

    return draw


make_face = pytest.fixture(scope="session")(lambda: face_at)
