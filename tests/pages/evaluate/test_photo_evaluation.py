from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer import models
from fer.errors import ImageError
from fer.images import ImageSource
from fer.inference.answer import PhotoFaces
from fer.inference.kept_photos import keep, kept_photos, remove
from fer.inference.predictor import Predictor, files_made
from pages.evaluate import photo_evaluation as module
from pages.evaluate.photo_evaluation import photo_evaluation

MODEL = "ferplus"


@pytest.fixture
def paths(own_home: Path, square_frame: Callable[..., np.ndarray]) -> list[str]:
    """Two kept photos with a face."""
    contents = [cv2.imencode(".png", square_frame(x))[1].tobytes() for x in (10, 20)]
    return [
        keep(f"{label}.png", content, label)
        for label, content in zip(("happy", "surprise"), contents, strict=True)
    ]


class Interrupted(Predictor):
    """A predictor that does something before it reads the first photos."""

    def __init__(self, detector: Any, before: Callable[[], object]) -> None:
        super().__init__(models.load(MODEL, form="auto"), detector)
        self.before = before

    def predict_many(
        self, images: Iterable[ImageSource], **options: Any
    ) -> Iterator[PhotoFaces | ImageError]:
        self.before()
        return super().predict_many(images, **options)


def test_a_photo_that_was_away_during_an_evaluation_is_measured_once_it_is_back(
    paths: list[str], square_detector: Any, tmp_path: Path
) -> None:
    photos, away = kept_photos(), tmp_path / "away.png"
    photo = photos.folder / paths[0]
    predictor = Interrupted(square_detector, lambda: photo.rename(away))
    skipped = photo_evaluation(MODEL, predictor, photos).answered.skipped
    assert "There is no file" in skipped[paths[0]]
    away.rename(photo)
    predictor.before = lambda: None
    again = photo_evaluation(MODEL, predictor, photos).answered
    assert (list(again.results), again.skipped) == (paths, {})


def test_results_of_photos_that_are_gone_are_dropped(
    paths: list[str], square_detector: Any
) -> None:
    predictor = Predictor(models.load(MODEL, form="auto"), square_detector)
    photo_evaluation(MODEL, predictor, kept_photos())
    remove(paths[0])
    photos = kept_photos()
    photo_evaluation(MODEL, predictor, photos)
    known = module._known((MODEL, predictor.detector.name, files_made(MODEL)))
    assert list(known) == list(photos.stamps().values())
