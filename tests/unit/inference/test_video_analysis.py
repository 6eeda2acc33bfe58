from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer.errors import VideoError
from fer.inference.predictor import Predictor
from fer.inference.video_analysis import VideoAnalysis

FRAMES, FPS = 20, 10
LONG_S = 1e9
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


def test_a_video_gives_the_same_in_many_short_spells_as_in_one(
    video: Path, square_predictor: Predictor
) -> None:
    at_once = VideoAnalysis(video, square_predictor)
    at_once.advance(LONG_S)
    bit_by_bit = VideoAnalysis(video.read_bytes(), square_predictor)
    spells = 0
    while not bit_by_bit.is_done:
        bit_by_bit.advance(0)
        spells += 1
    assert spells == FRAMES + 1
    assert at_once.is_done
    assert at_once.timeline.rows()
    assert bit_by_bit.timeline.rows() == at_once.timeline.rows()


def test_progress_grows_with_the_frames(video: Path, square_predictor: Predictor) -> None:
    analysis = VideoAnalysis(video, square_predictor, every=2)
    assert (analysis.share, analysis.left_s, analysis.video.duration_s) == (0, None, FRAMES / FPS)
    for _ in range(6):
        analysis.advance(0)
    assert (len(analysis.log), analysis.at_s, analysis.share) == (6, 1.0, 0.5)
    assert analysis.left_s
    assert analysis.left_s > 0
    analysis.advance(LONG_S)
    analysis.advance(LONG_S)  # of nothing that is left
    assert len(analysis.log) == FRAMES // 2


def test_a_moment_shows_the_analysed_frame_with_the_people_of_the_analysis(
    video: Path, square_predictor: Predictor
) -> None:
    analysis = VideoAnalysis(video, square_predictor, every=4)
    with pytest.raises(VideoError, match="No frame"):
        analysis.frame_at(0.0)
    analysis.advance(LONG_S)
    for at_s, number in ((0.0, 0), (0.35, 0), (1.5, 12)):
        pixels, frame = analysis.frame_at(at_s)
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
            analysis.advance(0)
    assert not analysis.is_done


def test_a_file_that_is_not_a_video_is_refused(square_predictor: Predictor) -> None:
    with pytest.raises(VideoError, match="text file"):
        VideoAnalysis(b"no video at all", square_predictor)
