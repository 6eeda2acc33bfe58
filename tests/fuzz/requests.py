"""Requests to the HTTP API."""

import asyncio
import base64
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message, Scope

from fer import settings
from fer.serving.app import create_app
from tests.fuzz.files import pictures
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import NUMBERS, TEXTS, changed, damaged, json_of, odd

_PATHS = (
    "/api/v1/predict", "/api/v1/jobs", "/api/v1/feedback", "/api/v1/feedback/keys",
    "/api/v1/feedback/export",
    "/api/v1/feedback/consent", "/api/v1/models", "/api/v1/health", "/api/v1/jobs/x",
    "/api/v1/jobs/x/results",
    "/api/v1/problems/bug", "/metrics", "/api/v1/openapi.json", "/", "/api", "/api/v1/predict/",
    "/api/v1/feedback/00000000-0000-4000-8000-000000000000",
)  # fmt: skip
_HEADERS = (
    "contributor-key",
    "origin",
    "content-type",
    "x-request-id",
    "accept",
    "range",
    "content-encoding",
)
_TYPES = (
    "image/jpeg",
    "application/json",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "",
    "a/b",
)
_VALUES = [" ".join(text.split()).encode("utf-8", "replace") for text in TEXTS]  # of headers
_FIT = (200, 201, 202, 204)


class Answer(NamedTuple):
    """What the API answered."""

    status: int
    kind: bytes
    content: bytes


class Requests(Kind):
    """Bodies, queries and headers of every route."""

    def __init__(self, folder: Path) -> None:
        models = Path(__file__).resolve().parents[2] / "models"
        shutil.copytree(models, settings.models_folder(), dirs_exist_ok=True)
        self._photos = pictures()
        self._app = create_app()
        self._loop = asyncio.new_event_loop()

    def feed(self, rng: Random, folder: Path) -> None:
        path = rng.choice(_PATHS[:3]) if rng.random() < 0.6 else rng.choice(_PATHS)
        method = rng.choice(("POST", "POST", "POST", "GET", "DELETE", "PUT", "OPTIONS", "HEAD"))
        kind, body = self._body(rng, path)
        headers = {"content-type": kind.encode()} | {
            rng.choice(_HEADERS): rng.choice(_VALUES) for _ in range(rng.choice((0, 0, 1, 3)))
        }
        query = {
            rng.choice(("model", "detector", "name", "x")): rng.choice(
                ("none", "none", "ferplus", *map(str, NUMBERS), *TEXTS)
            ).encode("utf-8", "replace")
            for _ in range(rng.choice((0, 1, 1, 2)))
        }
        answer = self._loop.run_until_complete(
            _asked(self._app, method, path, urlencode(query).encode(), headers, body)
        )
        self._check(method, answer)

    def close(self) -> None:
        self._app.state.engine.close()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _body(self, rng: Random, path: str) -> tuple[str, bytes]:
        photo = rng.choice(self._photos)
        if rng.random() < 0.5:
            photo = damaged(rng, photo)
        encoded = base64.b64encode(photo).decode()
        what = rng.randrange(5)
        if what == 0:
            return rng.choice(_TYPES), photo
        if what == 1:
            part = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
            form = part + photo + b"\r\n--x--\r\n"
            return _TYPES[2], form if rng.random() < 0.5 else damaged(rng, form)
        photos: Any = {"photos": [{"name": "a", "data": encoded}] * rng.choice((1, 2, 30))}
        correction: Any = {
            "id": "00000000-0000-4000-8000-000000000000", "consent": "1", "photo": encoded,
            "face": 1,
            "verdict": "happy", "larger_crop": True, "model": "ferplus", "detector": "none",
        }  # fmt: skip
        tree = changed(rng, correction if "feedback" in path else photos) if what < 4 else odd(rng)
        text = json_of(tree)
        return "application/json", text if rng.random() < 0.8 else damaged(rng, text)

    @staticmethod
    def _check(method: str, answer: Answer) -> None:
        text = answer.content.decode(errors="replace")
        if answer.status in _FIT:
            return
        assert answer.status != 500, text[:500]
        assert 400 <= answer.status < 504, answer.status
        if method != "HEAD":
            assert answer.kind == b"application/problem+json", (answer, text[:200])
            assert json.loads(answer.content)["status"] == answer.status
            assert "Traceback" not in text
            assert str(settings.home()) not in text, text[:500]


async def _asked(
    app: ASGIApp, method: str, path: str, query: bytes, headers: Mapping[str, bytes], body: bytes
) -> Answer:
    """Ask as a server does that has received the whole request."""
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query,
        "root_path": "", "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 8000),
        "headers": [
            (b"host", b"127.0.0.1:8000"), (b"content-length", str(len(body)).encode()),
            *((name.encode(), value) for name, value in headers.items()),
        ],
    }  # fmt: skip
    bodies = [body]
    sent: list[Message] = []
    gone = asyncio.Event()

    async def receive() -> Message:
        if bodies:
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    begun = next(message for message in sent if message["type"] == "http.response.start")
    content = b"".join(message.get("body", b"") for message in sent)
    return Answer(begun["status"], dict(begun["headers"]).get(b"content-type", b""), content)
