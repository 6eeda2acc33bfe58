from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.data.synthetic import draw_face
from fer.errors import FerError, ImageError
from fer.faces.face import Face
from fer.faces.quality import TOO_SMALL
from fer.images import to_network_input
from fer.inference.answer import PhotoFaces
from fer.inference.predictor import Predictor
from fer.models.model import Model


class FixedDetector:
    """Finds the faces that it was given."""

    name = "fixed"

    def __init__(self, *faces: Face) -> None:
        self._faces = list(faces)

    def detect(self, photo: np.ndarray) -> list[Face]:
        return self._faces


def face_at(x: int, y: int, side: int) -> Face:
    landmarks = [(0.31, 0.4), (0.69, 0.4), (0.5, 0.6), (0.35, 0.78), (0.65, 0.78)]
    return Face(
        box=(x, y, side, side),
        score=0.9,
        landmarks=np.array([(x + u * side, y + v * side) for u, v in landmarks], np.float32),
    )


def test_every_face_is_classified_from_the_crop_that_is_shown(tiny_model: Model) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    predictor = Predictor(tiny_model, FixedDetector(face_at(10, 10, 120), face_at(200, 50, 90)))
    prediction = predictor.predict(photo)
    assert [face.box for face in prediction.faces] == [(10, 10, 120, 120), (200, 50, 90, 90)]
    assert [face.number for face in prediction.faces] == [1, 2]
    for face in prediction.faces:
        assert (face.crop.shape, face.crop.dtype) == ((24, 24, 1), np.uint8)
        again = tiny_model.classify(face.crop[None])[0]
        np.testing.assert_allclose(list(face.probabilities.values()), again, atol=1e-6)
        assert face.confidence == face.probabilities[face.emotion]
        assert face.emotion == tiny_model.card.labels[again.argmax()]
    assert set(prediction.timings_ms) == {"decode", "detect", "align", "classify"}


def test_no_face_is_a_result(tiny_model: Model) -> None:
    prediction = Predictor(tiny_model, FixedDetector()).predict(np.zeros((64, 64), np.uint8))
    assert prediction.faces == ()
    assert prediction.photo.shape == (64, 64, 3)


def test_a_photo_without_a_face_is_used_whole_on_request(
    tiny_model: Model,
) -> None:
    picture = draw_face("happy", seed=0, size=48)
    predictor = Predictor(tiny_model, FixedDetector())
    [face] = predictor.predict(picture, whole_if_no_face=True).faces
    assert (face.box, face.score) == ((0, 0, 48, 48), None)
    assert (face.crop == to_network_input(picture, height=24, width=24, channels=1)).all()


def test_small_faces_are_skipped(tiny_model: Model) -> None:
    predictor = Predictor(tiny_model, FixedDetector(face_at(5, 5, 60), face_at(80, 5, 59)))
    photo = np.zeros((100, 150), np.uint8)
    [face] = predictor.predict(photo, min_face_px=60).faces
    assert (face.number, face.box) == (1, (5, 5, 60, 60))
    assert predictor.predict(photo, min_face_px=61).faces == ()


def test_without_a_detector_each_photo_is_one_face(tiny_model: Model) -> None:
    [face] = Predictor(tiny_model, None).predict(draw_face("happy", seed=0, size=64)).faces
    assert face.score is None


def test_bytes_paths_and_pixels_give_the_same_answer(tiny_model: Model, tmp_path: Path) -> None:
    picture = draw_face("surprise", seed=1, size=48)
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), picture)
    predictor = Predictor(tiny_model, None)
    answers = [
        predictor.predict(image).faces[0].probabilities
        for image in (picture, path, str(path), path.read_bytes())
    ]
    assert all(answer == answers[0] for answer in answers)


def test_a_bad_file_raises_a_typed_error(tiny_model: Model, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(FerError):
        Predictor(tiny_model, None).predict(tmp_path / "text.jpg")


def test_many_photos_are_classified_in_groups_and_answered_in_order(
    tiny_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    photos = [rng.integers(0, 256, (80 + i, 90, 3), dtype=np.uint8) for i in range(11)]
    photos[5] = np.zeros((0, 9), np.uint8)
    predictor = Predictor(tiny_model, FixedDetector(face_at(10, 10, 60)))
    classify, groups = predictor.classify, []

    def classify_counted(inputs: np.ndarray) -> np.ndarray:
        groups.append(len(inputs))
        return classify(inputs)

    monkeypatch.setattr(predictor, "classify", classify_counted)
    found = list(predictor.predict_many(photos))
    assert sorted(groups) == [1, 2, 3, 4]
    assert isinstance(found.pop(5), ImageError)
    del photos[5]
    for photo, one in zip(photos, found, strict=True):
        assert isinstance(one, PhotoFaces)
        assert one.size == (90, photo.shape[0])
        [alone] = predictor.predict(photo).faces
        np.testing.assert_allclose(
            list(one.faces[0].probabilities.values()),
            list(alone.probabilities.values()),
            atol=1e-5,
        )


def test_a_tiny_face_and_a_tiny_photo_of_one_face_are_too_small_to_say(tiny_model: Model) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    predictor = Predictor(tiny_model, FixedDetector(face_at(5, 5, 40), face_at(50, 50, 20)))
    large, tiny = predictor.predict(photo).faces
    assert (large.reliable, tiny.unreliable_because) == (True, TOO_SMALL)
    whole = Predictor(tiny_model, None)
    for side, because in ((48, ""), (20, TOO_SMALL)):
        [face] = whole.predict(photo[:side, :side]).faces
        assert (face.quality.side_px, face.unreliable_because) == (side, because)
