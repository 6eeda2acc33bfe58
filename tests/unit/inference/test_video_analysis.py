from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer.errors import VideoError
from fer.inference.predictor import Predictor
from fer.inference.video_analysis import VideoAnalysis

FRAMES, FPS = 20, 10
Draw = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def video(
    tmp_path_factory: pytest.TempPathFactory,
    write_video: Callable[..., Path],
    square_frame: Draw,
) -> Path:
    """A square that moves to the right for two seconds."""
    frames = [square_frame(20 + 3 * number) for number in range(FRAMES)]
    return write_video(tmp_path_factory.mktemp("video") / "video.mp4", frames)


def finish(analysis: VideoAnalysis) -> VideoAnalysis:
    while not analysis.is_done:
        analysis.advance()
    return analysis


def test_a_video_gives_the_same_from_its_path_and_from_its_bytes(
    video: Path, square_predictor: Predictor
) -> None:
    by_path = finish(VideoAnalysis(video, square_predictor))
    by_bytes = finish(VideoAnalysis(video.read_bytes(), square_predictor))
    assert by_path.timeline.rows()
    assert by_path.timeline.rows() == by_bytes.timeline.rows()
    assert list(by_path.log) == list(by_bytes.log)


def test_progress_grows_with_the_frames(video: Path, square_predictor: Predictor) -> None:
    analysis = VideoAnalysis(video, square_predictor, every=2)
    assert (analysis.share, analysis.video.duration_s) == (0, FRAMES / FPS)
    for _ in range(6):
        analysis.advance()
    assert (len(analysis.log), analysis.at_s, analysis.share) == (6, 1.0, 0.5)
    finish(analysis)
    analysis.advance()  # of nothing that is left
    assert len(analysis.log) == FRAMES // 2


def test_a_moment_shows_the_analysed_frame_with_the_people_of_the_analysis(
    video: Path, square_predictor: Predictor
) -> None:
    analysis = VideoAnalysis(video, square_predictor, every=4)
    with pytest.raises(VideoError, match="No frame"):
        analysis.frame_at(0.0)
    finish(analysis)
    for at_s, number in ((0.0, 0), (0.35, 0), (1.5, 12)):
        pixels, frame = analysis.frame_at(at_s), analysis.log.at(at_s)
        assert frame is not None
        left = np.nonzero(pixels[:, :, 0] > 128)[1].min()
        [face] = frame.faces
        assert (frame.number, face.number) == (number, 1)
        assert face.box[0] == pytest.approx(left, abs=3)


def test_a_video_without_a_readable_frame_is_an_error_each_time(
    video: Path, square_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = VideoAnalysis(video, square_predictor)
    monkeypatch.setattr(analysis.video, "_decoded", lambda: iter(()))
    for _ in range(2):
        with pytest.raises(VideoError, match="no readable frame"):
            analysis.advance()
    assert not analysis.is_done


def test_a_file_that_is_not_a_video_is_refused(square_predictor: Predictor) -> None:
    with pytest.raises(VideoError, match="text file"):
        VideoAnalysis(b"no video at all", square_predictor)
