import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer.errors import VideoError
from fer.inference.video import VideoFile
from fer.inference.video_source import MAX_PIXELS

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


def test_a_file_that_names_other_files_or_addresses_opens_none_of_them(
    video_file: Path, tmp_path: Path
) -> None:
    binary = "# \x00\x01\x02\x03\n" * 400  # what only looks like text is refused before
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        lists = {
            "concat.mp4": f"ffconcat version 1.0\nfile '{video_file}'\n{binary}",
            "session.mp4": f"v=0\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n"
            f"a=rtpmap:96 H264/90000\n{binary}",
            "playlist.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
            f"http://127.0.0.1:{port}/secret.ts\n{binary}",
            "image%d.jpg": "",
        }
        for name, text in lists.items():
            file = tmp_path / name
            file.write_text(text)
            for source in (file, file.read_bytes()):
                with pytest.raises(VideoError):
                    VideoFile(source)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_video_of_too_many_pixels_is_refused_before_they_are_decoded(
    write_video: WriteVideo, tmp_path: Path
) -> None:
    large = write_video(tmp_path / "large.mp4", [np.zeros((6000, 7000, 3), np.uint8)])
    with pytest.raises(VideoError, match="7000 × 6000 pixels"):
        VideoFile(large)
    assert MAX_PIXELS < 7000 * 6000
