from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fer.faces.quality import TOO_BLURRED
from fer.inference.predictor import Predictor
from fer.inference.stream import FaceStream
from fer.inference.tracking import Tracker

Draw = Callable[..., np.ndarray]


def test_a_stream_detects_every_few_frames_and_names_each_person(
    square_predictor: Predictor, square_frame: Draw
) -> None:
    stream = FaceStream(square_predictor, detect_every=4)
    detector = square_predictor.detector
    seen = [stream.step(square_frame(40 + 2 * i), i / 30) for i in range(8)]
    assert detector.calls == 2
    assert [face.number for faces in seen for face in faces] == [1] * 8
    for faces in seen:
        assert sum(faces[0].probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_a_stream_of_few_frames_a_second_detects_on_each(
    square_predictor: Predictor, square_frame: Draw
) -> None:
    stream = FaceStream(square_predictor, detect_every=4)
    seen = [stream.step(square_frame(x), i / 5) for i, x in enumerate((10, 60, 110))]
    assert square_predictor.detector.calls == 3
    assert [face.number for faces in seen for face in faces] == [1] * 3


def test_a_stream_detects_on_every_frame_until_there_is_a_face(
    square_predictor: Predictor, square_frame: Draw
) -> None:
    stream = FaceStream(square_predictor, detect_every=30)
    assert stream.step(square_frame(), 0.0) == ()
    assert len(stream.step(square_frame(40), 0.1)) == 1


def test_a_known_person_keeps_the_number(square_predictor: Predictor, square_frame: Draw) -> None:
    [before] = FaceStream(square_predictor).step(square_frame(40), 1.0)
    tracker = Tracker()
    tracker.remember([replace(before, number=7)], 1.0)
    stream = FaceStream(square_predictor, tracker=tracker)
    [again] = stream.step(square_frame(42), 1.1)
    assert again.number == 7
    assert stream.step(square_frame(), 5.0) == ()
    [new] = stream.step(square_frame(42), 5.1)
    assert new.number == 8


def test_a_blurred_face_is_unreliable_and_does_not_enter_the_persons_mean(
    square_predictor: Predictor, square_frame: Draw
) -> None:
    sharp = square_frame(40)
    smooth = np.where(sharp > 128, np.uint8(200), sharp)
    stream = FaceStream(square_predictor, detect_every=1)
    [before], [blurred], [after] = (
        stream.step(frame, i / 30) for i, frame in enumerate((sharp, smooth, sharp))
    )
    assert [face.unreliable_because for face in (before, blurred, after)] == ["", TOO_BLURRED, ""]
    assert before.number == blurred.number == after.number
    assert after.probabilities == pytest.approx(before.probabilities, abs=1e-5)
