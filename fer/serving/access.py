"""What a request may do: its key decides, where one is needed."""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as ASGIScope

from fer import web
from fer.errors import FerError
from fer.importing import extras
from fer.people import Person, Role, act_as
from fer.serving.keys import ApiKey, Scope, id_of
from fer.serving.problems import TYPES, Problem, problem_of

if TYPE_CHECKING:
    from fer.serving.key_store import KeyStore

_OPEN = ("/api/v1/health", TYPES)
"""What needs no key: whether the server works, and what its refusals mean."""
_SCOPES = {
    "/api/v1/predict": Scope.PREDICT,
    "/api/v1/jobs": Scope.JOBS,
    "/api/v1/feedback": Scope.FEEDBACK,
}
"""By the beginning of a path; every other path needs `Scope.READ`."""
_FRESH_FOR_S = 2.0
"""After which keys are read again: so long, a key that is revoked may still work."""

_HOW_TO = (
    "Send a key as the header 'Authorization: Bearer fer_…'. The server's owner makes keys with: "
    "python -m fer keys add NAME"
)

_CLIENT = Person(role=Role.VIEWER)
"""A client whose request was admitted, to the library: what it may do its scopes have decided."""

_log = logging.getLogger(__name__)


def scope_of(path: str) -> Scope | None:
    """What a key must allow for this path; None where none is needed."""
    if path == _OPEN[0] or path.startswith(_OPEN[1]):
        return None
    found = (scope for start, scope in _SCOPES.items() if f"{path}/".startswith(f"{start}/"))
    return next(found, Scope.READ)


class Gate:
    """Knows the keys, and whether one is needed.

    None is needed where only this machine reaches the server and no key was ever made. Where the
    keys cannot be read, the last known ones hold, and before any are known everything is refused.

    Args:
        is_local: Whether only this machine reaches the server.
        read: Gives all keys; it may take a while.
    """

    def __init__(self, *, is_local: bool, read: Callable[[], list[ApiKey]] | None = None) -> None:
        self.is_local = is_local
        self._read = read or _Reader()
        self._known: dict[str, ApiKey] | None = None
        self._error = FerError("The keys were not read yet.")
        self._read_at = -_FRESH_FOR_S
        self._lock = Lock()

    @property
    def is_stale(self) -> bool:
        """Whether the keys have to be read, by `refresh`."""
        return time.monotonic() >= self._read_at + _FRESH_FOR_S

    def refresh(self) -> None:
        """Read the keys, unless another thread just tried."""
        with self._lock:
            if not self.is_stale:
                return
            try:
                self._known = {key.id: key for key in self._read()}
            except FerError as error:
                self._error = error
                _log.warning("The keys cannot be read; those known from before hold. %s", error)
            self._read_at = time.monotonic()

    def keys(self) -> dict[str, ApiKey]:
        """The keys by their beginnings, those included that were revoked.

        Raises:
            FerError: If they could not be read, and none are known from before.
        """
        if self._known is None:
            raise self._error
        return self._known

    def admit(self, authorization: str | None, needed: Scope) -> ApiKey | None:
        """The key of a request, None where it needs none.

        Raises:
            Problem: 401 if it lacks a valid key, 403 if that does not allow this.
            FerError: If the keys are not known.
        """
        keys = self.keys()
        if self.is_local and not keys:
            return None
        kind, _, given = (authorization or "").strip().partition(" ")
        given = given.strip()
        if kind.lower() != "bearer" or not given:
            raise Problem("no-key", _HOW_TO)
        key = keys.get(id_of(given))
        if key is None or not key.is_opened_by(given):
            raise Problem("unknown-key", "Check it for typing errors, or ask for another one.")
        if needed not in key.scopes:
            raise Problem(
                "not-allowed",
                f"It allows {', '.join(key.scopes)}; this needs '{needed}'. Ask for another key.",
                scope=needed,
            )
        return key


class Access:
    """Middleware: passes on what the gate admits, before anything of a body is read."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Handle a request.

        Raises:
            Problem: If it is refused.
        """
        needed = scope_of(scope["path"]) if scope["type"] == "http" else None
        if needed is not None:
            if self._gate.is_stale:
                await run_in_threadpool(self._gate.refresh)
            try:
                key = self._gate.admit(Request(scope).headers.get("authorization"), needed)
            except FerError as error:
                scope["state"]["reason"] = str(error)
                raise problem_of(error) from error
            if key is not None:
                scope["state"]["key"] = key.id
        with act_as(_CLIENT):
            await self._app(scope, receive, send)


class _Reader:
    """Reads the keys from the database, which is opened once."""

    def __init__(self) -> None:
        self._store: KeyStore | None = None

    def __call__(self) -> list[ApiKey]:
        if self._store is None:
            with extras():
                from fer.serving.key_store import open_keys_if_any
            self._store = open_keys_if_any()
        return [] if self._store is None else self._store.keys()


def gate_at(address: str | None) -> Gate:
    """The gate of a server at this address."""
    return Gate(is_local=web.is_private(address))
