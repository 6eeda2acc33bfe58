import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fer.errors import VideoError
from fer.inference import frame_log
from fer.inference.predictor import Predictor
from fer.inference.stream import FaceStream
from fer.inference.video import VideoFile
from fer.inference.video_job import VideoJob

FRAMES = 40
PATIENCE_S = 30


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Semaphore]:
    """Lets one frame through each time it is released."""
    allowed = threading.Semaphore(0)
    step = FaceStream.step

    def gated(stream: FaceStream, frame: np.ndarray, at_s: float) -> object:
        assert allowed.acquire(timeout=PATIENCE_S)
        return step(stream, frame, at_s)

    monkeypatch.setattr(FaceStream, "step", gated)
    yield allowed
    allowed.release(1000)


def done(job: VideoJob) -> VideoJob:
    job.wait(PATIENCE_S)
    assert not job.is_working
    return job


def test_a_video_is_analysed_and_then_drawn_with_its_boxes(
    video_file: Path, square_predictor: Predictor
) -> None:
    job = VideoJob(video_file.read_bytes(), square_predictor, name="video.mp4", every=2)
    assert not job.is_working
    job.start()
    done(job)
    assert (job.failure, job.analysis.is_done, len(job.analysis.log)) == (None, True, FRAMES // 2)
    assert job.annotated is not None
    with VideoFile(job.annotated.data) as video, VideoFile(video_file) as plain:
        pairs = list(zip(video.frames(), plain.frames(), strict=True))
    assert len(pairs) == FRAMES
    for drawn, frame in pairs:
        assert np.abs(drawn.pixels.astype(int) - frame.pixels).max(axis=2).mean() > 2


def test_stop_keeps_what_is_done_and_a_resumed_job_ends_as_an_unstopped_one(
    video_file: Path, square_predictor: Predictor, gate: threading.Semaphore
) -> None:
    job = VideoJob(video_file, square_predictor, name="video.mp4")
    job.start()
    gate.release(9)
    while len(job.analysis.log) < 9:
        assert job.is_working
        time.sleep(0.01)
    job.stop()
    gate.release()  # the frame in work is finished
    done(job)
    stopped_at = len(job.analysis.log)
    assert stopped_at in (9, 10)
    assert (job.analysis.is_done, job.annotated) == (False, None)
    assert job.origin.csv(job.analysis.log).count("\n") == 1 + stopped_at

    gate.release(1000)
    job.start()
    done(job)
    unstopped = VideoJob(video_file, square_predictor, name="video.mp4")
    unstopped.start()
    assert list(job.analysis.log) == list(done(unstopped).analysis.log)
    assert job.analysis.timeline.rows() == unstopped.analysis.timeline.rows()
    assert job.annotated is not None


def test_the_boxes_of_a_stopped_video_can_be_drawn_as_far_as_it_is_analysed(
    video_file: Path, square_predictor: Predictor
) -> None:
    job = VideoJob(video_file, square_predictor, name="video.mp4")
    for _ in range(10):
        job.analysis.advance(0)
    job.draw()
    done(job)
    assert job.annotated is not None
    assert job.annotated.until_s == pytest.approx(0.9)
    assert not job.analysis.is_done


def test_a_failure_ends_the_work_and_is_kept_for_the_page(
    video_file: Path, square_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = VideoJob(video_file, square_predictor, name="video.mp4")
    monkeypatch.setattr(job.analysis.video, "_decoded", lambda: iter(()))
    job.start()
    assert isinstance(done(job).failure, VideoError)


def test_a_video_too_long_for_the_memory_ends_early_and_states_where(
    video_file: Path, square_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_log, "MAX_ROWS", 10)
    job = VideoJob(video_file, square_predictor, name="video.mp4")
    job.start()
    assert "up to 0.9 s only" in (done(job).analysis.problem or "")
    assert job.analysis.is_done
