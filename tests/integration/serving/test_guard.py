"""Bad requests of every kind, clients that leave, and bounds on everything."""

import asyncio
import base64
import json
import logging
import re
import socket
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer.inference.predictor import Predictor
from fer.serving.guard import ID_HEADER
from fer.serving.logs import JsonFormatter

PREDICT = "/api/v1/predict"
Start = Callable[..., Any]
Encode = Callable[..., bytes]
Wait = Callable[..., None]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Predictions wait until this is set."""
    go = threading.Event()
    answer = Predictor.predict_group

    def wait_first(self: Predictor, images: Any, **options: Any) -> Any:
        assert go.wait(30)
        return answer(self, images, **options)

    monkeypatch.setattr(Predictor, "predict_group", wait_first)
    return go


JSON = "application/json"


@pytest.mark.parametrize(
    ("body", "kind", "status", "problem"),
    [
        (b"", "image/jpeg", 422, "no-photo"),
        (b"text", "image/jpeg", 422, "unreadable-photo"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "image/jpeg", 422, "unreadable-photo"),
        (b"a=1", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"a", "text/plain; charset=utf-8", 415, "unsupported-media-type"),
        (b"a", "", 415, "unsupported-media-type"),
        (b"--x", "multipart/form-data", 400, "bad-request"),
        (b"no parts", "multipart/form-data; boundary=x", 400, "bad-request"),
        (b"", "multipart/form-data; boundary=x", 422, "no-photo"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
         "multipart/form-data; boundary=x", 422, "invalid"),
        (b"--x\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x", 400, "bad-request"),
        (b"", JSON, 422, "invalid"),
        (b"{", JSON, 422, "invalid"),
        (b"[]", JSON, 422, "invalid"),
        (b"null", JSON, 422, "invalid"),
        (b"\xff\xfe", JSON, 422, "invalid"),
        (b"[" * 100_000, JSON, 422, "invalid"),
        (b'{"photos": ' + b"[" * 100_000, JSON, 422, "invalid"),
        (b'{"photos": []}', JSON, 422, "no-photo"),
        (b'{"photos": [{"data": 1}]}', JSON, 422, "invalid"),
        (b'{"photos": [{"data": "***"}]}', JSON, 422, "invalid"),
        ('{"photos": [{"data": "ä"}]}'.encode(), JSON, 422, "invalid"),
        (b'{"photos": [{"data": "", "nmae": "x"}]}', JSON, 422, "invalid"),
    ],
)  # fmt: skip
def test_a_bad_body_is_answered_with_a_problem(
    server: Any, body: bytes, kind: str, status: int, problem: str
) -> None:
    refused = server.ask("POST", PREDICT, body, Content_Type=kind)
    assert (refused.status, refused.kind) == (status, problem)
    assert refused.json["detail"]
    assert len(refused.content) < 2000


@pytest.mark.parametrize(
    ("method", "path", "status", "problem"),
    [
        ("GET", "/", 404, "blank"),
        ("GET", "/api/v1/predict", 405, "blank"),
        ("DELETE", "/api/v1/models", 405, "blank"),
        ("PATCH", "/metrics", 405, "blank"),
        ("GET", "/api/v1/models/", 404, "blank"),
        ("GET", "/api/v1/../../etc/passwd", 404, "blank"),
        ("GET", "/api/v1/jobs/%00", 404, "unknown-job"),
        ("POST", "/api/v1/predict?detector=eyes", 422, "invalid"),
        ("POST", "/api/v1/predict?model=" + "x" * 300, 422, "invalid"),
        ("GET", "/api/v1/problems/none", 404, "blank"),
        ("BREW", "/api/v1/predict", 405, "blank"),
    ],
)
def test_every_refusal_is_a_problem_document(
    server: Any, method: str, path: str, status: int, problem: str
) -> None:
    refused = server.ask(method, path, b"", Content_Type="image/jpeg")
    assert refused.status == status
    assert refused.kind.removeprefix("about:") == problem
    assert {"type", "title", "status", "detail", "request_id"} <= set(refused.json)


def test_a_problems_type_leads_to_its_description(server: Any) -> None:
    refused = server.predict(b"text")
    described = server.ask("GET", refused.json["type"])
    assert described.status == 200
    assert described.json["title"] == refused.json["title"]


def test_a_request_has_the_id_that_it_was_given_or_a_new_one(server: Any) -> None:
    path = "/api/v1/health"
    assert server.ask("GET", path, X_Request_ID="mine-1").headers["x-request-id"] == "mine-1"
    made = {server.ask("GET", path).headers["x-request-id"] for _ in range(3)}
    made |= {server.ask("GET", path, X_Request_ID=bad).headers["x-request-id"]
             for bad in ("", "a b", "x" * 65, '"}', "é")}  # fmt: skip
    assert len(made) == 8
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in made)


def test_a_page_of_another_host_may_send_nothing(server: Any, photo: bytes) -> None:
    refused = server.predict(photo, Origin="https://elsewhere.example")
    assert (refused.status, refused.kind) == (403, "foreign-origin")
    own = f"http://127.0.0.1:{server.port}"
    assert server.predict(photo, Origin=own).status == 200


def test_more_bytes_than_allowed_are_refused_before_they_are_read(start: Start) -> None:
    server = start(body_mb=1)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head(content_length=10**12))
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_more_bytes_than_allowed_in_chunks_are_refused_on_the_way(start: Start) -> None:
    server = start(body_mb=1)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head() + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        client.settimeout(20)
        try:
            while sent < 50_000_000:
                client.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")
                sent += 65536
        except OSError:
            pass
        assert sent < 20_000_000
    counted = server.ask("GET", "/metrics").content.decode()
    assert re.search(r'\nfer_requests_total{.*status="413"} 1.0\n', counted)


def head(content_length: int | None = None, path: str = PREDICT) -> bytes:
    """The head of a request, complete if the length of its body is given."""
    lines = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: image/jpeg\r\n"
    if content_length is not None:
        lines += f"Content-Length: {content_length}\r\n\r\n"
    return lines.encode()


def test_all_requests_together_hold_no_more_than_the_bytes_allowed(
    start: Start, wait: Wait
) -> None:
    server = start(memory_mb=2)
    holding = socket.create_connection(("127.0.0.1", server.port))
    holding.sendall(head(1_500_001) + bytes(1_500_000))
    active = lambda: "fer_requests_active 2.0" in server.ask("GET", "/metrics").content.decode()  # noqa: E731
    wait(active)
    refused = server.predict(bytes(1_000_000))
    assert (refused.status, refused.kind) == (503, "busy")
    holding.close()
    wait(lambda: server.is_idle)
    assert server.predict(bytes(1_000_000)).kind == "unreadable-photo"


@pytest.mark.parametrize(
    ("limits", "size", "status", "problem"),
    [
        ({"megapixels": 1}, (1001, 1000), 413, "photo-too-large"),
        ({}, (11, 40), 422, "unreadable-photo"),
    ],
)
def test_a_photo_with_too_many_or_too_few_pixels_is_refused(
    start: Start, encode: Encode, limits: Any, size: tuple[int, int], status: int, problem: str
) -> None:
    refused = start(**limits).predict(encode(np.zeros((*size, 3), np.uint8), "PNG"))
    assert (refused.status, refused.kind) == (status, problem)
    [row] = refused.json["photos"]
    assert row["error"] == refused.json["detail"]


def test_a_photo_with_too_many_faces_is_refused(
    start: Start, astronaut: np.ndarray, encode: Encode
) -> None:
    refused = start(faces=1).predict(encode(np.hstack([astronaut, astronaut])))
    assert (refused.status, refused.kind) == (422, "too-many-faces")


def test_too_many_photos_are_refused(start: Start, photo: bytes, as_form: Any) -> None:
    server = start(photos=2)
    body, kind = as_form(*[("a.jpg", photo)] * 3)
    refused = server.ask("POST", PREDICT, body, Content_Type=kind)
    assert (refused.status, refused.kind) == (413, "too-many-photos")
    sent = {"photos": [{"data": base64.b64encode(photo).decode()}] * 3}
    assert server.ask("POST", PREDICT, sent).kind == "too-many-photos"
    assert len(server.ask("POST", PREDICT, {"photos": sent["photos"][:2]}).json) == 2


def test_an_upload_that_takes_too_long_is_ended(start: Start) -> None:
    server = start(seconds=1)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(head(1000) + b"slow")
        client.settimeout(20)
        assert client.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_an_answer_that_takes_too_long_is_a_problem_and_its_photos_are_dropped(
    start: Start, photo: bytes, slow: threading.Event, wait: Wait
) -> None:
    server = start(seconds=1)
    refused = server.predict(photo)
    assert (refused.status, refused.kind) == (503, "took-too-long")
    assert int(refused.headers["retry-after"]) > 0
    slow.set()
    wait(lambda: server.is_idle)
    assert server.predict(photo).status == 200


@pytest.mark.parametrize(
    ("limits", "status", "problem"),
    [({"requests": 2}, 503, "busy"), ({"client_requests": 2}, 429, "too-many-requests")],
)
def test_more_requests_at_once_than_allowed_are_refused_and_later_ones_are_not(
    start: Start, photo: bytes, slow: threading.Event, limits: Any, status: int, problem: str
) -> None:
    server = start(**limits)
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(server.predict, photo) for _ in range(6)]
        refused = [one.result() for one in first_done(asked, 4)]
        slow.set()
        answers = [one.result() for one in asked]
    assert {(one.status, one.kind) for one in refused} == {(status, problem)}
    assert all(int(one.headers["retry-after"]) > 0 for one in refused)
    assert sorted(one.status for one in answers) == [200, 200] + [status] * 4
    assert server.predict(photo).status == 200


def first_done(futures: Any, count: int) -> Any:
    from concurrent.futures import as_completed

    completed = as_completed(futures, timeout=30)
    return [next(completed) for _ in range(count)]


def test_sixteen_clients_at_once_all_have_the_right_answer(server: Any, photo: bytes) -> None:
    expected = server.predict(photo).json
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: server.predict(photo), range(64)))
    assert {answer.status for answer in answers} == {200}
    for answer in answers:
        [[face]] = [row["faces"] for row in answer.json]
        [[same]] = [row["faces"] for row in expected]
        assert face["box"] == same["box"]
        assert face["confidence"] == pytest.approx(same["confidence"], abs=1e-5)


@pytest.mark.parametrize("kind", ["image/jpeg", "multipart/form-data; boundary=x", JSON])
def test_a_client_that_leaves_during_its_upload_leaves_nothing_behind(
    start: Start, wait: Wait, kind: str, caplog: pytest.LogCaptureFixture,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server = start()
    part = b'--x\r\nContent-Disposition: form-data; name="p"; filename="p.jpg"\r\n\r\n'
    for _ in range(5):
        client = socket.create_connection(("127.0.0.1", server.port))
        line = head(9_000_000).replace(b"image/jpeg", kind.encode())
        client.sendall(line + part + bytes(3_000_000))
        client.close()
    wait(lambda: server.is_idle)
    assert "fer_clients_left_total 5.0" in server.ask("GET", "/metrics").content.decode()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert list(tmp_path.iterdir()) == []


def test_a_client_that_leaves_while_it_waits_takes_its_photos_out_of_the_queue(
    start: Start, photo: bytes, slow: threading.Event, wait: Wait
) -> None:
    server = start()
    clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(30)]
    for client in clients:
        client.sendall(head(len(photo)) + photo)
    queued = lambda: float(  # noqa: E731
        re.findall(r"\nfer_photos_queued (\S+)", server.ask("GET", "/metrics").content.decode())[0]
    )
    wait(lambda: queued() > 0)
    for client in clients:
        client.close()
    wait(lambda: queued() == 0)
    slow.set()
    wait(lambda: server.is_idle)


def test_a_photo_of_several_megabytes_in_a_form_stays_in_memory(
    server: Any, as_form: Any, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), dtype=np.uint8)
    body, kind = as_form(("noise.png", encode(noise, "PNG")))
    assert len(body) > 2_000_000

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("written to the disk")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert server.ask("POST", PREDICT, body, Content_Type=kind).status == 200


def test_a_bug_is_answered_with_a_problem_without_details_and_logged_with_the_same_id(
    server: Any, photo: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Predictor, "predict_group", fail)
    refused = server.predict(photo)
    assert (refused.status, refused.kind) == (500, "bug")
    assert "secret" not in refused.content.decode()
    [logged] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    line = json.loads(JsonFormatter().format(logged))
    assert line["request_id"] == refused.json["request_id"]
    assert "ZeroDivisionError" in line["traceback"]


def test_the_log_has_a_line_of_json_for_each_request_and_nothing_of_the_photo(
    server: Any, photo: bytes, as_form: Any, caplog: pytest.LogCaptureFixture, wait: Wait
) -> None:
    caplog.set_level(logging.INFO, "fer.serving")
    body, kind = as_form(("grandma.jpg", photo), ("broken\nname.jpg", b"text of a file"))
    server.ask("POST", f"{PREDICT}?model=ferplus", body, Content_Type=kind, X_Request_ID="r1")

    def ours() -> list[logging.LogRecord]:
        return [record for record in caplog.records if record.name.startswith("fer.serving")]

    wait(lambda: bool(ours()))
    [line] = [JsonFormatter().format(record) for record in ours()]
    facts = json.loads(line)
    assert "\n" not in line
    assert {"time", "level", "message", "ms"} <= set(facts)
    expected = {
        "request_id": "r1", "method": "POST", "status": 200, "photos": 2, "faces": 1,
        "bytes": len(body),
    }  # fmt: skip
    assert expected.items() <= facts.items()
    for hidden in ("grandma", "broken", "text of a file", "127.0.0.1", ID_HEADER):
        assert hidden not in line


def test_metrics_count_requests_photos_and_faces(start: Start, photo: bytes) -> None:
    server = start()
    server.predict(photo)
    server.predict(b"text")
    text = server.ask("GET", "/metrics").content.decode()
    for line in (
        'fer_photos_total{outcome="answered"} 1.0', 'fer_photos_total{outcome="refused"} 1.0',
        "fer_faces_total 1.0", "fer_requests_active 1.0",
    ):  # fmt: skip
        assert line in text.splitlines()
    assert re.search(r'fer_requests_total{method="POST",route="[^"]*predict",status="422"} 1', text)


def test_a_websocket_is_refused(server: Any) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(
            b"GET /api/v1/health HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        assert client.recv(100).startswith((b"HTTP/1.1 403", b"HTTP/1.1 200"))


def test_what_is_no_request_passes(server: Any) -> None:
    seen: list[str] = []

    async def ask() -> None:
        async def receive() -> Any:
            return {"type": "lifespan.startup"}

        async def send(message: Any) -> None:
            seen.append(message["type"])
            if message["type"] == "lifespan.startup.complete":
                raise asyncio.CancelledError

        await server.app({"type": "lifespan"}, receive, send)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ask())
    assert seen
