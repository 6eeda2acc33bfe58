"""What every request passes: it gets an id, is bounded, and leaves a line in the log."""

import asyncio
import logging
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fer.serving.limits import Limits
from fer.serving.logs import FIELDS
from fer.serving.metrics import Metrics
from fer.serving.problems import Problem, response

JOBS_PATH = "/api/v1/jobs"
ID_HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNCHANGING = ("GET", "HEAD", "OPTIONS")
_METHODS = (*_UNCHANGING, "POST", "DELETE", "PUT", "PATCH")
_DRAIN_S = 1.0
"""For the rest of a body that is refused."""
_LEFT = 499
"""The status in log and metrics of a client that left; none was sent."""

_log = logging.getLogger(__name__)


class Guard:
    """Middleware around the whole API.

    Requests that bring something are counted before their body is read: so memory is bounded by
    the number of them and the size of each.
    """

    def __init__(self, app: ASGIApp, limits: Limits, metrics: Metrics) -> None:
        self._app = app
        self._limits = limits
        self._metrics = metrics
        self._active: Counter[str] = Counter()  # requests that bring something, by address
        self._bytes = 0  # of all requests in progress

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request; what is no request passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._limits, self._hold)
        self._metrics.active.inc()
        try:
            await self._handle(exchange)
        finally:
            self._bytes -= exchange.bytes
            self._metrics.active.dec()
            self._record(exchange)

    async def _handle(self, exchange: "_Exchange") -> None:
        address = (exchange.scope.get("client") or ("",))[0]
        brings = exchange.scope["method"] not in _UNCHANGING
        if brings:
            self._active[address] += 1
        try:
            if brings:
                self._admit(exchange, address)
            await self._app(exchange.scope, exchange.receive, exchange.send)
        except Problem as problem:
            exchange.state["problem"] = problem.kind
            await exchange.answer(problem)
        except ClientDisconnect:
            exchange.has_left = True
        except Exception:  # noqa: BLE001 - a bug is answered, too, and logged
            if not exchange.has_left:
                _log.exception("A request failed.", extra={FIELDS: exchange.facts()})
                await exchange.answer(
                    Problem("bug", "The reason is in the server's log under this request's id.")
                )
        finally:
            if brings:
                self._active[address] -= 1
                self._active += Counter()  # drops addresses that have none

    def _admit(self, exchange: "_Exchange", address: str) -> None:
        """Refuse what a page of another host sends, and more than can be worked on."""
        request = Request(exchange.scope)
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            raise Problem("foreign-origin", "The headers Origin and Host name different hosts.")
        if self._active[address] > self._limits.client_requests:
            most = self._limits.client_requests
            raise Problem("too-many-requests", f"At most {most} are answered at once.")
        if self._active.total() > self._limits.requests:
            raise Problem(
                "busy", f"At most {self._limits.requests} requests are worked on at once."
            )
        exchange.check_length(request.headers.get("content-length", ""))

    def _hold(self, count: int) -> None:
        """Note that so many bytes came.

        Raises:
            Problem: If all requests in progress together bring too many.
        """
        self._bytes += count
        if self._bytes > self._limits.memory_bytes:
            raise Problem("busy", "All requests in progress together bring too much.")

    def _record(self, exchange: "_Exchange") -> None:
        facts = exchange.facts()
        labels = facts["method"], facts["route"], str(facts["status"])
        self._metrics.requests.labels(*labels).inc()
        self._metrics.seconds.labels(facts["route"]).observe(facts["ms"] / 1000)
        if exchange.has_left:
            self._metrics.left.inc()
        _log.info("request", extra={FIELDS: facts})


class _Exchange:
    """A request and its answer, on their way."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        limits: Limits,
        hold: Callable[[int], None],
    ) -> None:
        self.state: dict[str, Any] = {}
        self.scope = {**scope, "state": self.state}
        self._receive, self._send = receive, send
        is_job = scope["method"] == "POST" and scope["path"] == JOBS_PATH
        self._most_bytes = limits.job_bytes if is_job else limits.body_bytes
        self._started = time.monotonic()
        self._hold = hold
        self.bytes, self._status = 0, 0
        headers = Request(scope).headers
        self._is_coming = (
            headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        )
        self.has_left = False
        seconds = limits.job_seconds if is_job else limits.seconds
        given = headers.get(ID_HEADER, "")
        self.state["request_id"] = given if _ID.fullmatch(given) else uuid.uuid4().hex
        self.state["deadline"] = self._started + seconds

    def check_length(self, announced: str) -> None:
        """Refuse a body that is announced to be too large, before a byte of it is read."""
        if announced.isdecimal() and int(announced[:20]) > self._most_bytes:
            raise self._too_large()

    def _too_large(self) -> Problem:
        most = self._most_bytes
        return Problem("body-too-large", f"At most {most / 1e6:,.0f} MB are taken.", max_bytes=most)

    async def receive(self) -> Message:
        """The next part of the body, in time and within its size."""
        try:
            left_s = float(self.state["deadline"]) - time.monotonic()
            async with asyncio.timeout(left_s if self._is_coming else None):
                message = await self._receive()
        except TimeoutError:
            raise Problem("too-slow", "The request's body did not arrive in time.") from None
        self._note(message)
        count = len(message.get("body", b""))
        self.bytes += count
        self._hold(count)
        if self.bytes > self._most_bytes:
            raise self._too_large()
        return message

    def _note(self, message: Message) -> None:
        if message["type"] == "http.disconnect":
            self.has_left = not self._status
        self._is_coming = not self.has_left and message.get("more_body", False)

    async def _drain(self) -> None:
        """Read what is on its way and drop it, for a while: many clients read no answer before."""
        count = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                while self._is_coming and count <= self._most_bytes:
                    message = await self._receive()
                    self._note(message)
                    count += len(message.get("body", b""))

    async def send(self, message: Message) -> None:
        """Pass the answer on, with the request's id."""
        if message["type"] == "http.response.start":
            await self._drain()
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            if self._is_coming:
                headers["Connection"] = "close"
            headers[ID_HEADER] = self.state["request_id"]
            headers["Cache-Control"] = "no-store"
        await self._send(message)

    async def answer(self, problem: Problem) -> None:
        """Send a problem, unless an answer has begun."""
        if not self._status and not self.has_left:
            document = response(problem, self.state["request_id"])
            await document(self.scope, self._receive, self.send)

    def facts(self) -> dict[str, Any]:
        """What the log and the metrics have of the request."""
        method, route = self.scope["method"], self.scope.get("route")
        noted = {
            name: self.state[name] for name in ("key", "problem", "reason") if self.state.get(name)
        }
        return {
            "request_id": self.state["request_id"],
            "method": method if method in _METHODS else "other",
            "route": getattr(route, "path", "none"),  # a path may hold anything, and ids
            "status": self._status or _LEFT,
            "ms": round((time.monotonic() - self._started) * 1000, 1),
            "bytes": self.bytes,
            **noted,
            **{name: self.state[name] for name in ("photos", "faces") if name in self.state},
        }
