"""A real server on 127.0.0.1, and a client that sends exactly what a test wants."""

import io
import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import uvicorn
from PIL import Image

from fer.serving.access import Gate
from fer.serving.app import create_app
from fer.serving.limits import Limits


@dataclass(frozen=True)
class Answer:
    """What the server answered; `headers` have small letters."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def kind(self) -> str:
        """The last part of a problem's type."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.json["status"] == self.status
        assert self.json["request_id"] == self.headers["x-request-id"]
        return str(self.json["type"]).rpartition("/")[2]


class Server:
    """The API on a free port, in a thread."""

    def __init__(self, limits: Limits | None = None, gate: Gate | None = None) -> None:
        self.app = create_app(limits or Limits(), gate)
        # Naming the protocol, as without it asyncio lets small packets wait for each other.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(self.app, log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()
        wait_until(lambda: self._server.started)

    def close(self) -> None:
        self._server.force_exit = self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self.app.state.engine.close()

    @property
    def is_idle(self) -> bool:
        """Whether no request and no photo is left."""
        lines = self.ask("GET", "/metrics").content.decode().splitlines()
        values = dict(line.rsplit(" ", 1) for line in lines if line[:1] != "#")
        return values["fer_requests_active"] == "1.0" and values["fer_photos_queued"] == "0.0"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request; a body that is no bytes goes as JSON."""
        if body is not None and not isinstance(body, bytes):
            headers.setdefault("Content_Type", "application/json")
            body = json.dumps(body).encode()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            given = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, given, response.read())
        finally:
            connection.close()

    def predict(self, photo: bytes, query: str = "", **headers: str) -> Answer:
        headers.setdefault("Content_Type", "image/jpeg")
        return self.ask("POST", f"/api/v1/predict{query}", photo, **headers)


StartServer = Callable[..., Server]


@pytest.fixture(scope="module", autouse=True)
def yunet_at_home(fer_home: Path, yunet_file: Path) -> None:
    (fer_home / "detectors").mkdir(exist_ok=True)
    shutil.copy(yunet_file, fer_home / "detectors")


@pytest.fixture(scope="module")
def server(yunet_at_home: None) -> Iterator[Server]:
    """One with the usual limits."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def start() -> Iterator[StartServer]:
    """Start servers with other limits, or another gate."""
    made: list[Server] = []

    def start(gate: Gate | None = None, **limits: int) -> Server:
        made.append(Server(Limits(**limits), gate))
        return made[-1]

    yield start
    for one in made:
        one.close()


def wait_until(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"not within {timeout_s} s"
        time.sleep(0.02)


def jpeg(pixels: np.ndarray, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def photo(astronaut: np.ndarray) -> bytes:
    """The astronaut's photo as a JPEG file."""
    return jpeg(astronaut)


encode = pytest.fixture(scope="session")(lambda: jpeg)
wait = pytest.fixture(scope="session")(lambda: wait_until)


def form(*files: tuple[str, bytes], field: str = "photo") -> tuple[bytes, str]:
    """Files as a form's body, and its content type."""
    boundary = uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; '
        f'filename="{name}"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, data in files
    ]
    return b"".join(
        parts
    ) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


as_form = pytest.fixture(scope="session")(lambda: form)
