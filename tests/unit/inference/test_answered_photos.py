from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer.errors import DatasetError
from fer.faces.face import Face
from fer.faces.quality import MIN_RELIABLE_SIDE_PX, TOO_SMALL
from fer.inference.answered_photos import (
    Known,
    RememberingDetector,
    answer_photos,
)
from fer.inference.labelled_photos import labelled_photos
from fer.inference.predictor import Predictor
from fer.models.model import Model

Frame = Callable[..., np.ndarray]


def test_a_photo_without_a_face_has_no_answer_and_one_that_cannot_be_used_is_skipped(
    album: Path, square_predictor: Predictor
) -> None:
    answered = answer_photos(square_predictor, labelled_photos(album))
    assert list(answered.faces) == ["Happiness/1.png", "happy/2.PNG", "surprised/3.png"]
    assert answered.unanswered == [
        {"path": "surprised/wall.png", "label": "surprise", "reason": "no face found"}
    ]
    assert answered.left_out == 1
    assert answered.skipped["sad/4.png"] == "the model does not know the emotion 'sad'"
    assert "broken.jpg" in answered.skipped["surprised/broken.jpg"]
    faces, probabilities = answered.to_dataset()
    assert faces.index["label"].tolist() == ["happy", "happy", "surprise"]
    assert (faces.pixels.shape, probabilities.shape) == ((3, 24, 24, 1), (3, 2))
    alone = square_predictor.predict(album / "happy" / "2.PNG").faces[0]
    assert probabilities[1] == pytest.approx(list(alone.probabilities.values()), abs=1e-5)


def test_the_largest_of_several_faces_counts(
    tmp_path: Path, tiny_model: Model, square_detector: Any, make_face: Callable[..., Face]
) -> None:
    square_detector.detect = lambda photo: [make_face(20, 30, 60), make_face(120, 20, 40)]
    (tmp_path / "happy").mkdir()
    photo = np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "happy" / "1.png"), photo)
    answered = answer_photos(Predictor(tiny_model, square_detector), labelled_photos(tmp_path))
    assert answered.several == 1
    assert len(answered.to_dataset()[0]) == 1
    assert answered.faces["happy/1.png"].box == (20, 30, 60, 60)


def test_known_results_are_used_until_a_photo_changes(
    album: Path, square_predictor: Predictor, square_detector: Any, square_frame: Frame
) -> None:
    photos, seen = labelled_photos(album), list[tuple[int, int]]()
    known: Known = {}
    answer_photos(square_predictor, photos, known=known)
    calls = square_detector.calls
    again = answer_photos(square_predictor, photos, known=known)
    assert square_detector.calls == calls
    assert len(again.faces) == 3
    cv2.imwrite(str(album / "surprised" / "wall.png"), square_frame(10, 10))
    changed = answer_photos(
        square_predictor,
        photos,
        known=known,
        progress=lambda done, planned: seen.append((done, planned)),
    )
    assert square_detector.calls == calls + 1
    assert (changed.unanswered, len(changed.faces)) == ([], 4)
    assert seen == [(4, 5), (5, 5)]  # the broken one is read again: it may be whole now
    assert not [path for path, *_ in known if "broken" in path]


def test_photos_without_any_face_or_of_unknown_classes_only_are_errors(
    tmp_path: Path, square_predictor: Predictor, square_frame: Frame
) -> None:
    (tmp_path / "happy").mkdir()
    cv2.imwrite(str(tmp_path / "happy" / "wall.png"), square_frame())
    answered = answer_photos(square_predictor, labelled_photos(tmp_path))
    with pytest.raises(DatasetError, match="has an answer: no face found on 1"):
        answered.to_dataset()
    (tmp_path / "happy").rename(tmp_path / "fear")
    with pytest.raises(DatasetError, match=r"None of the 1 photos.*'fear'.*knows happy, surprise"):
        answer_photos(square_predictor, labelled_photos(tmp_path))


def test_equal_photos_are_searched_once(square_detector: Any, square_frame: Frame) -> None:
    detector = RememberingDetector(square_detector)
    places = [detector.detect(square_frame(x))[0].box[0] for x in (10, 20, 20, 30, 10)]
    assert places == [10, 20, 20, 30, 10]
    assert detector.detect(square_frame()) == []
    assert (square_detector.calls, detector.name) == (4, "square")


def test_photos_are_chosen_by_answer_with_the_most_confident_errors_first(
    album: Path, square_predictor: Predictor
) -> None:
    answered = answer_photos(square_predictor, labelled_photos(album))
    happy = {"Happiness/1.png": 0.2, "happy/2.PNG": 0.1, "surprised/3.png": 0.3}
    for path, share in happy.items():
        shares = {"happy": share, "surprise": 1 - share}
        faces = (replace(answered.results[path].faces[0], probabilities=shares),)
        answered.results[path] = replace(answered.results[path], faces=faces)
    wrong = ["happy/2.PNG", "Happiness/1.png"]
    assert answered.select() == [*wrong, "surprised/wall.png", "surprised/3.png"]
    assert answered.select(show="wrong") == wrong
    assert answered.select(show="right") == ["surprised/3.png"]
    assert answered.select(label="surprise", show="unanswered") == ["surprised/wall.png"]
    assert answered.select(label="happy", predicted="surprise") == wrong
    assert answered.select(predicted="happy") == []


def test_a_face_too_small_to_say_is_not_judged(
    tmp_path: Path, tiny_model: Model, square_detector: Any, make_face: Callable[..., Face]
) -> None:
    square_detector.detect = lambda photo: [make_face(20, 30, MIN_RELIABLE_SIDE_PX - 1)]
    (tmp_path / "happy").mkdir()
    photo = np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "happy" / "1.png"), photo)
    answered = answer_photos(Predictor(tiny_model, square_detector), labelled_photos(tmp_path))
    assert [photo["reason"] for photo in answered.unanswered] == [TOO_SMALL]
    assert answered.faces == {}
    assert answered.select(show="unanswered") == ["happy/1.png"]
    with pytest.raises(DatasetError, match="has an answer: too small to say on 1"):
        answered.to_dataset()
