import gc
import threading
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from fer.errors import StreamError
from fer.faces.face import Face
from fer.inference import live
from fer.inference.live import LiveStream, LiveStreams
from fer.inference.predictor import Predictor

Draw = Callable[..., np.ndarray]


def jpeg(pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".jpg", pixels)[1])


def refused(stream: LiveStream, frame: bytes) -> str:
    with pytest.raises(StreamError) as refusal:
        stream.frame(frame)
    return refusal.value.reason


@pytest.fixture
def streams() -> LiveStreams:
    return LiveStreams()


def test_a_frame_is_answered_with_its_faces(
    streams: LiveStreams, square_predictor: Predictor, square_frame: Draw
) -> None:
    stream = streams.open(square_predictor)
    answer = streams.find(stream.token).frame(jpeg(square_frame(40)))
    [face] = answer["faces"]
    assert answer["detector"] == "square"
    assert face["number"] == 1
    assert face["box"] == pytest.approx((40, 50, 60, 60), abs=3)
    assert face["emotion"] == max(face["probabilities"], key=face["probabilities"].get)
    assert stream.timeline.summary()[0]["frames"] == stream.frames == 1


def test_times_count_from_the_first_frame_however_long_the_page_was_open(
    square_predictor: Predictor, square_frame: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    stream = LiveStream(square_predictor)
    for at in (130.0, 132.5):
        now[0] = at
        stream.frame(jpeg(square_frame(40)))
    assert stream.seconds == 2.5
    [person] = stream.timeline.summary()
    assert (person["from_s"], person["to_s"]) == (0.0, 2.5)


def test_only_an_open_stream_is_found(streams: LiveStreams, square_predictor: Predictor) -> None:
    first, second = streams.open(square_predictor), streams.open(square_predictor)
    first.close()
    with pytest.raises(StreamError, match="closed"):
        streams.find(first.token)
    assert streams.find(second.token) is second


def test_a_stream_ends_with_the_session_that_holds_it(
    streams: LiveStreams, square_predictor: Predictor
) -> None:
    token = streams.open(square_predictor).token
    gc.collect()
    with pytest.raises(StreamError):
        streams.find(token)


def test_a_closed_stream_takes_no_frames_and_can_be_closed_twice(
    streams: LiveStreams, square_predictor: Predictor, square_frame: Draw
) -> None:
    stream = streams.open(square_predictor)
    streams.close(stream.token)
    streams.close(stream.token)
    streams.close("unknown")
    assert refused(stream, jpeg(square_frame(40))) == "gone"


def test_a_frame_that_is_not_a_small_jpeg_is_refused(
    square_predictor: Predictor, square_frame: Draw
) -> None:
    stream = LiveStream(square_predictor)
    png = bytes(cv2.imencode(".png", square_frame(40))[1])
    assert refused(stream, png) == "image"
    assert refused(stream, jpeg(square_frame(40))[:300]) == "image"
    assert refused(stream, jpeg(np.zeros((16, live.MAX_FRAME_PX + 1, 3), np.uint8))) == "size"
    assert refused(stream, b"\xff" * (live.MAX_FRAME_BYTES + 1)) == "size"


def test_too_many_frames_a_second_are_refused(
    square_predictor: Predictor, square_frame: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_FPS", 2.0)
    stream = LiveStream(square_predictor)
    now = [stream._filled]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    frame = jpeg(square_frame())
    stream.frame(frame)
    stream.frame(frame)
    assert refused(stream, frame) == "rate"
    now[0] += 0.6
    stream.frame(frame)


def test_a_second_frame_at_the_same_time_is_refused(
    square_predictor: Predictor, square_frame: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, resume = threading.Event(), threading.Event()

    def wait(photo: np.ndarray) -> list[Face]:
        inside.set()
        assert resume.wait(10)
        return []

    monkeypatch.setattr(square_predictor.detector, "detect", wait)
    stream = LiveStream(square_predictor)
    frame = jpeg(square_frame())
    first = threading.Thread(target=stream.frame, args=(frame,))
    first.start()
    assert inside.wait(10)
    try:
        assert refused(stream, frame) == "busy"
    finally:
        resume.set()
        first.join()


def test_a_frame_that_is_being_analysed_when_the_stream_closes_is_in_no_session(
    square_predictor: Predictor, square_frame: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = LiveStream(square_predictor)
    detect = square_predictor.detector.detect

    def close_meanwhile(photo: np.ndarray) -> list[Face]:
        stream.close()
        return detect(photo)

    monkeypatch.setattr(square_predictor.detector, "detect", close_meanwhile)
    assert stream.frame(jpeg(square_frame(40)))["faces"]
    assert stream.frames == 0
    assert not stream.timeline.summary()
