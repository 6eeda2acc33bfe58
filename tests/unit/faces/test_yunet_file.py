import contextlib
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fer.errors import DetectorError
from fer.faces import yunet_file as detector_file

WEIGHTS = b"weights" * 30_000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and `WEIGHTS` for the file that is expected."""
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(detector_file, "YUNET_SHA256", hashlib.sha256(WEIGHTS).hexdigest())
    return tmp_path / "home"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/missing":
            self.send_error(404)
            return
        body = b"other" * 1000 if self.path == "/other" else WEIGHTS
        if self.path == "/endless":
            body = b"x" * 6_000_000
        self.send_response(200)
        if self.path != "/unsized":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # the client may have read enough
            self.wfile.write(body[: len(body) // 2] if self.path == "/cut" else body)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def test_a_file_is_copied_to_the_detectors_folder(tmp_path: Path, home: Path) -> None:
    given = tmp_path / "given.onnx"
    given.write_bytes(WEIGHTS)
    placed = detector_file.install(given)
    assert placed == detector_file.yunet_path()
    assert placed.is_relative_to(home)
    assert placed.read_bytes() == WEIGHTS
    assert detector_file.install(given) == placed, "a second time changes nothing"
    assert [file.name for file in placed.parent.iterdir()] == [placed.name]


def test_another_file_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    given = tmp_path / "given.onnx"
    given.write_bytes(WEIGHTS[:-1])
    with pytest.raises(DetectorError, match=r"given\.onnx' is not the YuNet file.*SHA-256"):
        detector_file.install(given)
    assert not detector_file.yunet_path().exists()


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="There is no file"):
        detector_file.install(tmp_path / "missing.onnx")
    with pytest.raises(DetectorError, match="cannot be read: Is a directory"):
        detector_file.install(tmp_path)


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path, home: Path) -> None:
    given = tmp_path / "given.onnx"
    given.write_bytes(WEIGHTS)
    home.write_text("a file where the folder should be")
    with pytest.raises(DetectorError, match=r"cannot be written.*FER_HOME"):
        detector_file.install(given)


@pytest.mark.parametrize("path", ["/whole", "/unsized"])
def test_a_download_is_put_in_place_and_its_progress_reported(server: str, path: str) -> None:
    told: list[tuple[int, int]] = []
    placed = detector_file.download(server + path, progress=lambda *numbers: told.append(numbers))
    assert placed.read_bytes() == WEIGHTS
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (len(WEIGHTS), 0 if path == "/unsized" else len(WEIGHTS))
    assert len(told) > 1


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/other", "is not the YuNet file"),
        ("/missing", "404"),
        ("/cut", "broke off after 105,000 of 210,000 bytes"),
        ("/endless", "is not the YuNet file"),
    ],
)
def test_a_failed_download_leaves_nothing_and_the_error_explains_what_to_do(
    server: str, path: str, reason: str
) -> None:
    with pytest.raises(DetectorError, match=reason) as caught:
        detector_file.download(server + path)
    assert "python -m fer detectors add FILE" in caught.value.__notes__[0]
    assert not detector_file.yunet_path().parent.exists() or not list(
        detector_file.yunet_path().parent.iterdir()
    )


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/yunet.onnx", "no-address"])
def test_without_a_connection_the_error_explains_the_way_by_hand(url: str) -> None:
    with pytest.raises(DetectorError, match=r"download from .* failed.*\n.*in a browser and run"):
        detector_file.download(url)


def test_the_pinned_file_is_the_one_of_the_opencv_zoo(
    yunet_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("FER_HOME", str(yunet_file.parent))
    assert hashlib.sha256(yunet_file.read_bytes()).hexdigest() == detector_file.YUNET_SHA256
