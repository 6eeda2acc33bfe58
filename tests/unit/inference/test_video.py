from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer.errors import VideoError
from fer.inference.video import VideoFile

FRAMES, FPS = 40, 10
Draw = Callable[..., np.ndarray]
WriteVideo = Callable[..., Path]


def test_a_video_gives_its_frames_with_their_times(video_file: Path) -> None:
    with VideoFile(video_file) as video:
        assert (video.fps, video.duration_s, video.frames_planned) == (FPS, 4.0, FRAMES)
        frames = [(frame.number, frame.at_s) for frame in video.frames(start=5, every=10)]
        assert video.problem is None
    assert frames == [(5, 0.5), (15, 1.5), (25, 2.5), (35, 3.5)]


def test_times_count_from_the_start_whatever_the_videos_clock_says(
    write_video: WriteVideo, square_frame: Draw, tmp_path: Path
) -> None:
    late = write_video(
        tmp_path / "late.ts", [square_frame(20 + 2 * i) for i in range(20)], output_ts_offset="1000"
    )
    with VideoFile(late) as video:
        assert [round(frame.at_s, 2) for frame in video.frames(every=5)] == [0.0, 0.5, 1.0, 1.5]
        assert video.problem is None
    with VideoFile(late) as video:
        pixels = video.frame_near(1.0)
    assert np.abs(pixels.astype(int) - square_frame(20 + 2 * 10)).mean() < 6
    joined = tmp_path / "joined.ts"
    joined.write_bytes(late.read_bytes() * 2)
    with VideoFile(joined) as video:
        times = [frame.at_s for frame in video.frames()]
    assert len(times) == 40
    np.testing.assert_allclose(np.diff(times), 1 / FPS, atol=0.02)


def test_the_frame_at_a_moment_can_be_fetched(video_file: Path, square_frame: Draw) -> None:
    with VideoFile(video_file) as video:
        pixels = video.frame_near(2.5)
    assert np.abs(pixels.astype(int) - square_frame(20 + 2 * 25)).mean() < 6


def test_each_kind_of_wrong_file_has_its_own_error(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a vidéo")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "bytes.mp4").write_bytes(bytes(range(256)))
    (tmp_path / "cut.txt").write_bytes(("a" * 4095 + "é").encode())
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.png")
    reasons = {
        "text.mp4": "text file",
        "cut.txt": "text file",
        "empty.mp4": r"empty \(0 bytes\)",
        "bytes.mp4": "cannot be opened as a video",
        "photo.png": "is a photo",
        "gone.mp4": "There is no file",
        ".": "is a folder",
    }
    for name, reason in reasons.items():
        with pytest.raises(VideoError, match=reason):
            VideoFile(tmp_path / name)
        if (tmp_path / name).is_file():
            with pytest.raises(VideoError, match=reason):
                VideoFile((tmp_path / name).read_bytes())
