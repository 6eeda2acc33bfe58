"""The app's server beside Streamlit's pages: camera frames, the HTTP API, visitors' cookies."""

import os
import socket
from asyncio import base_events
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import streamlit as st
from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fer.browser import served
from fer.browser.export import ENTRY_FILE
from fer.browser.served import MEDIA_TYPES, PAGES
from fer.errors import StreamError
from fer.importing import one_at_a_time
from fer.inference.live import BUSY, MAX_FRAME_BYTES, ROUTE, STREAMS
from fer.web import AllowedHosts, SecurityHeaders
from pages.common.tabs import ClosedTabs
from pages.common.upload_limits import UploadLimits
from pages.common.visitors import MAX_UPLOAD_MB, VISITOR_COOKIE, is_known, new_cookie

API_PATHS = ("/api/", "/metrics/")
STATUS = {
    "busy": 429, "gone": 410, "image": 422, "origin": 403, "rate": 429, "size": 413, "type": 415,
}  # fmt: skip
FRAMES_AT_ONCE = CapacityLimiter(os.cpu_count() or 1)
"""In the order in which they came. Each more would need networks of its own, which stay in memory,
and be no quicker."""
_WAITING: set[str] = set()
"""Tokens of the streams that have sent a frame."""


async def live(request: Request) -> Response:
    """Answer a frame, or close the stream (DELETE)."""
    token = request.path_params["token"]
    try:
        if not is_same_origin(request):
            raise StreamError(
                "Frames are accepted only from this app's own pages. A proxy in between must keep "
                "the Host header.",
                "origin",
            )
        if request.method == "DELETE":
            STREAMS.close(token)
            return Response(status_code=204)
        stream = STREAMS.find(token)
        if request.headers.get("content-type") != "image/jpeg":
            raise StreamError("A frame must be sent as image/jpeg.", "type")
        with one_at_a_time_of(token):
            jpeg = await bounded_body(request)
            answer = await to_thread.run_sync(stream.frame, jpeg, limiter=FRAMES_AT_ONCE)
    except StreamError as error:
        return JSONResponse({"error": str(error)}, status_code=STATUS[error.reason])
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def device(request: Request) -> Response:
    """A file of the page that runs in the visitor's own browser."""
    name = request.path_params["name"] or ENTRY_FILE
    content = PAGES.file(request.path_params["key"], name)
    if content is None:
        return Response("There is no such page. Open Live again.", 404, media_type="text/plain")
    kind = MEDIA_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
    return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})


@contextmanager
def one_at_a_time_of(token: str) -> Iterator[None]:
    """Refuse a stream's frame while the one before waits for its turn or is analysed."""
    if token in _WAITING:
        raise StreamError(BUSY, "busy")
    _WAITING.add(token)
    try:
        yield
    finally:
        _WAITING.discard(token)


def is_same_origin(request: Request) -> bool:
    """Whether a browser sent this from a page of the same host; other clients send no Origin."""
    origin = urlsplit(request.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == request.headers.get("host")


async def bounded_body(request: Request) -> bytes:
    """The body, read only up to the size limit of a frame."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FRAME_BYTES:
            raise StreamError(f"The frame has over {MAX_FRAME_BYTES:,} bytes.", "size")
    return bytes(body)


def keep_uploads_in_memory() -> None:
    """Hold uploads as large as photos and videos may be in memory: they must not touch the disk.

    Starlette, Streamlit's server, would move a part of over 1 MB to a temporary file, as it does
    with larger data sets.
    """
    MultiPartParser.spool_max_size = (MAX_UPLOAD_MB + 1) * 1024 * 1024


def send_at_once() -> None:
    """Let no small packet wait until the one before has been acknowledged, which takes 40 ms.

    asyncio promises that for every TCP socket, but recognises those alone that were made with the
    protocol's name; Streamlit's is not.
    """

    def send_at_once_on(sock: socket.socket) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    base_events._set_nodelay = send_at_once_on  # type: ignore[attr-defined]


class VisitorCookie:
    """Gives each browser a random cookie with its first page, so that a reload can be recognised.

    Scripts of a page cannot read it, and the browser drops it when it is closed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                value = f"{VISITOR_COOKIE}={new_cookie()}"
                headers = MutableHeaders(scope=message)
                headers.append("Set-Cookie", f"{value}; Path=/; HttpOnly; SameSite=Lax")
            await send(message)

        await self._app(scope, receive, send_with_cookie if _is_new(scope) else send)


def _is_new(scope: Scope) -> bool:
    """Whether a browser without our cookie asks for a page; what follows a page runs in parallel.

    A page that the browser has already is answered without its type, and so the question decides.
    """
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    request = Request(scope)
    is_page = "text/html" in request.headers.get("accept", "")
    return is_page and not is_known(request.cookies.get(VISITOR_COOKIE, ""))


class HttpApi:
    """Passes requests for the HTTP API to it; the first one imports it, which takes a while.

    Where people on other machines can open the app, the API wants a key of them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = f"{scope.get('path', '')}/"
        is_camera = path.startswith(f"{ROUTE}/")
        is_api = scope["type"] == "http" and path.startswith(API_PATHS) and not is_camera
        await (await run_in_threadpool(_api) if is_api else self._app)(scope, receive, send)


@one_at_a_time()
@cache
def _api() -> ASGIApp:
    from fer.serving.access import gate_at
    from fer.serving.app import create_app
    from fer.serving.logs import log_as_json

    log_as_json("fer.serving")
    api: ASGIApp = create_app(gate=gate_at(st.get_option("server.address")))
    return api


MIDDLEWARE = [
    Middleware(AllowedHosts),
    Middleware(SecurityHeaders),
    Middleware(HttpApi),
    Middleware(VisitorCookie),
    Middleware(ClosedTabs),
    Middleware(UploadLimits),
]
ROUTES = [
    Route(f"{ROUTE}/{{token}}", live, methods=["POST", "DELETE"]),
    Route(f"{served.ROUTE}/{{key}}/{{name:path}}", device),
]
