import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
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
    job.work.wait(PATIENCE_S)
    assert not job.work.is_working
    return job


def test_a_video_is_analysed_and_then_drawn_with_its_boxes(
    video_file: Path, square_predictor: Predictor
) -> None:
    job = VideoJob(video_file.read_bytes(), square_predictor, name="video.mp4", every=2)
    assert not job.work.is_working
    job.start()
    done(job)
    assert (job.work.failure, job.analysis.is_done, len(job.analysis.log)) == (
        None,
        True,
        FRAMES // 2,
    )
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
        assert job.work.is_working
        time.sleep(0.01)
    job.work.stop()
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
        job.analysis.advance()
    job.draw()
    done(job)
    assert job.annotated is not None
    assert job.annotated.until_s == pytest.approx(0.9)
    assert not job.analysis.is_done


@pytest.mark.parametrize("suffix", [".webm", ".mkv"])
def test_a_video_in_a_matroska_file_is_analysed_and_drawn_to_its_end(
    suffix: str, square_frame: Callable[..., np.ndarray], square_predictor: Predictor,
    tmp_path: Path,
) -> None:  # fmt: skip
    path = tmp_path / f"video{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx" if suffix == ".webm" else "libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 200, 160, "yuv420p"
        for number in range(10):
            shown = av.VideoFrame.from_ndarray(square_frame(20 + 2 * number), format="rgb24")
            container.mux(stream.encode(shown))
        container.mux(stream.encode())
    job = VideoJob(path, square_predictor, name=path.name)
    job.start()
    assert done(job).work.failure is None
    assert job.annotated is not None
    assert (job.analysis.share, job.annotated.until_s) == (pytest.approx(0.9), pytest.approx(0.9))


def test_a_failure_ends_the_work_and_is_kept_for_the_page(
    video_file: Path, square_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = VideoJob(video_file, square_predictor, name="video.mp4")
    monkeypatch.setattr(job.analysis.video, "_decoded", lambda: iter(()))
    job.start()
    assert isinstance(done(job).work.failure, VideoError)


def test_a_video_too_long_for_the_memory_ends_early_and_states_where(
    video_file: Path, square_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_log, "MAX_ROWS", 10)
    job = VideoJob(video_file, square_predictor, name="video.mp4")
    job.start()
    assert "up to 0.9 s only" in (done(job).analysis.problem or "")
    assert job.analysis.is_done
