import csv
import io
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.errors import ResultsError, VideoError
from fer.inference import live_video, video_source
from fer.inference.live_video import LiveVideo
from fer.inference.predictor import Predictor
from fer.inference.video_csv import analyse_to_csv
from fer.inference.video_source import Address, Camera, is_live, open_address

FPS = 10
Draw = Callable[..., np.ndarray]
WriteVideo = Callable[..., Path]


class Cinema(BaseHTTPRequestHandler):
    """A file with its length; the same as a stream; a camera's JPEGs; one that falls silent."""

    video = b""
    jpegs: tuple[bytes, ...] = ()
    silent = threading.Event()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path not in ("/file.ts", "/live.ts", "/camera", "/silent"):
            self.send_error(404)
            return
        self.send_response(200)
        if self.path == "/file.ts":
            self.send_header("Content-Length", str(len(self.video)))
        if self.path == "/camera":
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        if self.path != "/camera":
            self.wfile.write(self.video)
        if self.path == "/silent":
            self.wfile.flush()
            self.silent.wait(30)
        for jpeg in self.jpegs if self.path == "/camera" else ():
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            self.wfile.write(head + jpeg + b"\r\n")
            time.sleep(1 / FPS)


@pytest.fixture(scope="module")
def cinema(
    tmp_path_factory: pytest.TempPathFactory, write_video: WriteVideo, square_frame: Draw
) -> Iterator[str]:
    frames = [square_frame(20 + 2 * i) for i in range(15)]
    file = write_video(tmp_path_factory.mktemp("cinema") / "a.ts", frames)
    Cinema.video = file.read_bytes()
    Cinema.jpegs = tuple(cv2.imencode(".jpg", frame)[1].tobytes() for frame in frames)
    with ThreadingHTTPServer(("127.0.0.1", 0), Cinema) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Cinema.silent.set()
        server.shutdown()
        thread.join()


def opened(url: str, stop: threading.Event | None = None) -> LiveVideo:
    return LiveVideo.of_stream(open_address(Address(url=url)), name="it", stop=stop)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_what_states_its_length_is_a_file_and_the_rest_is_live(cinema: str) -> None:
    for path, expected in (("file.ts", False), ("live.ts", True), ("camera", True)):
        with open_address(Address(url=f"{cinema}/{path}")) as container:
            assert is_live(container) == expected


def test_a_file_at_an_address_is_analysed_like_a_file_and_resumed(
    cinema: str, square_predictor: Predictor, tmp_path: Path
) -> None:
    source, out, stop = Address(url=f"{cinema}/file.ts"), tmp_path / "out.csv", threading.Event()
    stop.set()
    first = analyse_to_csv(source, square_predictor, out, every=2, stop=stop)
    assert (first.frames, first.stopped, first.is_live) == (1, True, False)
    again = analyse_to_csv(source, square_predictor, out, every=2)
    assert again.before + again.frames == 8
    assert [row["frame"] for row in rows(out)] == [str(number) for number in range(0, 15, 2)]


@pytest.mark.parametrize("path", ["live.ts", "camera"])
def test_a_stream_is_followed_to_its_end(
    cinema: str, path: str, square_predictor: Predictor, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    report = analyse_to_csv(Address(url=f"{cinema}/{path}"), square_predictor, out)
    assert (report.is_live, report.has_ended, report.stopped) == (True, True, False)
    assert report.problem is None
    assert 13 <= report.frames + report.passed_over <= 15
    written = rows(out)
    assert len(written) == report.frames
    numbers = [int(row["frame"]) for row in written]
    times = [float(row["time_s"]) for row in written]
    assert numbers == sorted(set(numbers))
    assert times == sorted(times)
    assert times[0] < 1
    assert {row["face"] for row in written} <= {"1", ""}
    with pytest.raises(ResultsError, match="cannot be resumed"):
        analyse_to_csv(Address(url=f"{cinema}/{path}"), square_predictor, out)


def test_of_frames_that_come_too_fast_the_newest_is_handed_out(cinema: str) -> None:
    with opened(f"{cinema}/camera") as video:
        numbers = []
        for frame in video.frames(every=2):
            numbers.append(frame.number)
            assert frame.pixels.shape == (160, 200, 3)
            time.sleep(0.35)
    assert np.diff(numbers).min() >= 2
    assert len(numbers) < 7


def test_a_stream_that_comes_faster_than_it_plays_is_not_read_far_ahead(cinema: str) -> None:
    with opened(f"{cinema}/live.ts") as video:
        frames = list(video.frames())
    assert frames[-1].at_s > 1.5 - live_video._AHEAD_S - 0.3


@pytest.mark.parametrize("path", ["silent", "camera"])
def test_a_stream_ends_with_its_duration_and_when_it_is_stopped(
    cinema: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_source, "TIMEOUT_S", 1.0)
    with opened(f"{cinema}/{path}") as video:
        frames = list(video.frames(until_s=0.5))
        assert path == "silent" or not video.has_ended
    assert frames[-1].at_s <= 0.6
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with opened(f"{cinema}/{path}", stop) as video:
        began = time.monotonic()
        list(video.frames())
        assert time.monotonic() - began < 1.4


def test_a_stream_that_falls_silent_ends_with_the_reason(
    cinema: str, monkeypatch: pytest.MonkeyPatch, square_predictor: Predictor, tmp_path: Path
) -> None:
    monkeypatch.setattr(video_source, "TIMEOUT_S", 2.0)
    source = Address(url=f"{cinema}/silent")
    report = analyse_to_csv(source, square_predictor, tmp_path / "out.csv")
    assert report.frames > 0
    assert report.problem
    assert "sent nothing" in report.problem


def test_an_address_without_a_video_is_refused(cinema: str) -> None:
    with pytest.raises(VideoError, match="404"):
        open_address(Address(url=f"{cinema}/gone"))


class FilmCamera:
    """A camera of OpenCV that is disconnected after three frames."""

    def __init__(self, number: int) -> None:
        self._left = 3 if number == 7 else 0

    def isOpened(self) -> bool:  # noqa: N802
        return self._left > 0

    def get(self, _: int) -> float:
        return 30.0

    def read(self) -> tuple[bool, np.ndarray | None]:
        self._left -= 1
        time.sleep(0.05)
        frame = np.zeros((16, 20, 3), np.uint8)
        frame[..., 0] = 200  # blue, as OpenCV counts
        return (True, frame) if self._left >= 0 else (False, None)

    def release(self) -> None:
        pass


def test_a_camera_gives_rgb_and_its_end_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FilmCamera)
    with LiveVideo.of_camera(Camera(number=7)) as video:
        frames = list(video.frames())
    assert frames[0].pixels[0, 0].tolist() == [0, 0, 200]
    assert video.problem == "the camera was disconnected"
    with pytest.raises(VideoError, match="There is no camera 0"):
        LiveVideo.of_camera(Camera(number=0))
