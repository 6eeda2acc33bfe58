"""The server's route for the camera's frames, and what becomes of uploads."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import tomllib
from asyncio import base_events
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message
from streamlit.web.server.starlette.starlette_server import _bind_socket

import asgi
from fer.data import uploads
from fer.inference import live
from fer.inference.live import STREAMS, LiveStream
from fer.inference.predictor import Predictor
from fer.serving.logs import kept
from pages.common.visitors import MAX_UPLOAD_MB
from pages.models import add

FRAME = {"Host": "here:80", "Origin": "http://here:80", "Content-Type": "image/jpeg"}
Draw = Callable[..., np.ndarray]


@pytest.fixture(scope="module", autouse=True)
def log_as_it_was() -> Iterator[None]:
    """What the API beside the pages changes."""
    with kept("fer.serving"):
        yield


@pytest.fixture
def stream(square_predictor: Predictor) -> Iterator[LiveStream]:
    stream = STREAMS.open(square_predictor)
    yield stream
    stream.close()


@pytest.fixture
def frame(square_frame: Draw) -> bytes:
    return bytes(cv2.imencode(".jpg", square_frame(40))[1])


def ask(
    stream: LiveStream, body: bytes = b"", *, method: str = "POST", **headers: str
) -> tuple[Response, Any]:
    """What the route answers, and the JSON in it."""
    response = asyncio.run(asgi.live(request(stream, body, method=method, **headers)))
    return response, json.loads(bytes(response.body) or b"null")


def request(
    stream: LiveStream, body: bytes = b"", *, method: str = "POST", **headers: str
) -> Request:
    scope = {
        "type": "http",
        "method": method,
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in (FRAME | headers).items()
        ],
        "path_params": {"token": stream.token},
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)


def test_a_frame_is_answered(stream: LiveStream, frame: bytes) -> None:
    response, answer = ask(stream, frame)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    [face] = answer["faces"]
    assert set(face) == {
        "number", "box", "score", "emotion", "confidence", "probabilities", "reliable",
        "unreliable_because",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, b"", 403),
        ({"Origin": "http://here:80.elsewhere.example"}, b"", 403),
        ({"Origin": "http://here:81"}, b"", 403),
        ({"Origin": "null"}, b"", 403),
        ({"Origin": ""}, b"", 403),
        ({"Content-Type": "text/plain"}, b"", 415),
        ({}, b"no picture", 422),
        ({}, b"\xff" * (live.MAX_FRAME_BYTES + 1), 413),
    ],
)
def test_what_is_no_frame_of_the_apps_own_page_is_refused(
    stream: LiveStream, headers: dict[str, str], body: bytes, status: int
) -> None:
    response, answer = ask(stream, body, **headers)
    assert response.status_code == status
    assert answer["error"]
    assert stream.frames == 0


def test_of_many_cameras_few_are_worked_for_at_once_in_the_order_in_which_they_sent(
    square_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = [STREAMS.open(square_predictor) for _ in range(12)]
    running, most, order = [0], [0], []

    def analyse(self: LiveStream, _: bytes) -> dict[str, object]:
        running[0] += 1
        most[0] = max(most[0], running[0])
        order.append(streams.index(self))
        time.sleep(0.02)
        running[0] -= 1
        return {}

    async def send_all() -> list[Response]:
        return await asyncio.gather(*(asgi.live(request(stream)) for stream in streams * 2))

    monkeypatch.setattr(LiveStream, "frame", analyse)
    answers = [response.status_code for response in asyncio.run(send_all())]
    assert most[0] <= asgi.FRAMES_AT_ONCE.total_tokens == os.cpu_count()
    assert sorted(order) == list(range(12))
    assert all(abs(place - number) < most[0] for place, number in enumerate(order))
    assert answers == [200] * 12 + [429] * 12  # the next one while the one before waits


def test_frames_that_come_too_fast_are_refused(stream: LiveStream, frame: bytes) -> None:
    stream._allowed = -live.MAX_FPS  # as after many frames in no time
    assert ask(stream, frame)[0].status_code == 429


def test_a_page_that_is_left_closes_its_stream_and_no_other_page_can(
    stream: LiveStream, frame: bytes
) -> None:
    assert ask(stream, method="DELETE", Origin="https://elsewhere.example")[0].status_code == 403
    assert stream.is_open
    assert ask(stream, method="DELETE")[0].status_code == 204
    assert not stream.is_open
    assert ask(stream, frame)[0].status_code == 410


def test_a_large_upload_never_touches_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MultiPartParser, "spool_max_size", 1024)
    asgi.keep_uploads_in_memory()
    photo = b"p" * 20_000_000
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="p.jpg"\r\n\r\n'
    body = head + photo + b"\r\n--x--\r\n"

    async def stream() -> AsyncIterator[bytes]:
        yield body

    headers = Headers({"content-type": "multipart/form-data; boundary=x"})
    form = asyncio.run(MultiPartParser(headers, stream()).parse())
    upload = form["f"]
    assert not isinstance(upload, str)
    assert upload.size == len(photo)
    on_disk = upload.file._rolled  # type: ignore[attr-defined]
    upload.file.close()
    assert not on_disk


def test_the_server_takes_as_much_as_each_page_offers_to_take() -> None:
    config = tomllib.loads((Path(asgi.__file__).parent / ".streamlit/config.toml").read_text())
    taken_mb = config["server"]["maxUploadSize"]
    assert taken_mb >= max(MAX_UPLOAD_MB, add.UPLOAD_MB, uploads.MAX_BYTES / 1e6)


def cookie_with(
    *, cookie: str = "", accept: str = "text/html,*/*", status: int = 200
) -> str | None:
    """The cookie that a browser gets with an answer to a request that sent one."""
    headers = [(b"accept", accept.encode()), (b"cookie", cookie.encode())]
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    app = asgi.VisitorCookie(Response(status_code=status))
    asyncio.run(app({"type": "http", "method": "GET", "headers": headers}, receive, send))
    return Headers(raw=sent[0]["headers"]).get("set-cookie")


def test_a_browser_gets_one_cookie_with_its_first_page_and_keeps_it() -> None:
    assert cookie_with(accept="*/*") is None
    first, other = cookie_with(), cookie_with()
    assert first is not None
    assert "; HttpOnly; SameSite=Lax" in first
    assert first != other
    assert cookie_with(cookie=first.partition(";")[0]) is None


def test_a_page_that_the_browser_has_already_comes_with_a_cookie_too() -> None:
    assert cookie_with(status=304) is not None


@pytest.mark.parametrize("value", ["", "made-up", "made.up"])
def test_a_cookie_that_this_server_did_not_make_is_replaced(value: str) -> None:
    assert cookie_with(cookie=f"{asgi.VISITOR_COOKIE}={value}") is not None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/health", 200), ("/metrics", 200), ("/api/v1/none", 404), ("/api", 404),
        ("/", 0), ("/predict", 0), ("/apis", 0), ("/api/live/token", 0), ("/_stcore/health", 0),
    ],
)  # fmt: skip
def test_the_http_api_has_its_paths_beside_the_pages(path: str, status: int) -> None:
    """0 stands for the pages, which answer all other paths."""
    seen: list[int] = []

    async def pages(*_: object) -> None:
        seen.append(0)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        seen.append(message.get("status", -1))

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": [],
        "query_string": b"", "root_path": "",
    }  # fmt: skip
    asyncio.run(asgi.HttpApi(pages)(scope, receive, send))
    assert seen[0] == status


def test_the_pages_start_without_the_http_api_which_takes_a_while_to_import() -> None:
    code = "import sys, streamlit_app; print('fastapi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_streamlits_connections_send_small_packets_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_events, "_set_nodelay", base_events._set_nodelay)  # undone at the end

    async def sends_at_once() -> bool:
        seen: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            option = writer.get_extra_info("socket").getsockopt
            seen.set_result(bool(option(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        listening = _bind_socket("127.0.0.1", 0, 5)
        async with await asyncio.start_server(note, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            writer.close()
            return await seen

    asgi.send_at_once()
    assert asyncio.run(sends_at_once())


def test_files_of_a_page_for_the_browser_come_with_their_types_and_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {"index.html": b"page", "run.wasm": b"code"}
    monkeypatch.setattr(asgi.PAGES, "_files", {"k": files})

    def answer(key: str, name: str) -> Response:
        scope = {"type": "http", "path_params": {"key": key, "name": name}}
        return asyncio.run(asgi.device(Request(scope)))

    for name, kind in (("", "text/html; charset=utf-8"), ("run.wasm", "application/wasm")):
        found = answer("k", name)
        assert (found.status_code, found.headers["content-type"]) == (200, kind)
        assert found.headers["cache-control"] == "no-cache"
    assert answer("k", "../index.html").status_code == 404
    assert answer("other", "").status_code == 404
