"""What every server of this project checks and states: which hosts it answers to, and headers.

Plain ASGI middleware, for the app and the HTTP API alike.
"""

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fer import settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Message, Receive, Send], Awaitable[None]]

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Plotly's WebGL makes its functions by eval. Streamlit needs inline scripts anyway, so that
        # nothing is kept out by refusing it.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "connect-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
"""Pages load nothing from elsewhere, send nothing there, and are framed by nobody else."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}

_LOCAL = ("127.0.0.1", "localhost", "::1")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:/@\s]+)(?::\d{1,5})?", re.IGNORECASE)


def is_local(address: str | None) -> bool:
    """Whether a server at this address is reached from its own machine alone."""
    return address in _LOCAL


def is_private(address: str | None) -> bool:
    """Whether only its own machine reaches a server at this address, as far as that is known.

    Where `FER_ALLOWED_HOSTS` has a name for it, a proxy in front lets others in.
    """
    return is_local(address) and not settings.allowed_hosts()


class AllowedHosts:
    """Refuses requests for hosts that this machine is not.

    A page elsewhere could otherwise let its own name lead to this machine (DNS rebinding), and read
    and send what it likes. Addresses in numbers cannot be used so, and are allowed; so are
    `localhost`, the machine's name and those that `FER_ALLOWED_HOSTS` lists.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        name = socket.gethostname().lower()
        self._names = {"localhost", name, f"{name.partition('.')[0]}.local"}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        hosts = [value.decode("latin-1") for key, value in scope["headers"] if key == b"host"]
        if len(hosts) == 1 and self.allows(hosts[0]):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refuse(send)

    def allows(self, host: str) -> bool:
        """Whether requests with this `Host` are answered."""
        match = _HOST.fullmatch(host)
        if not match:
            return False
        name = match[1].lower().removesuffix(".")
        if name in self._names or name.endswith(".localhost") or _is_address(name):
            return True
        return any(
            name == allowed or (allowed.startswith("*.") and name.endswith(allowed[1:]))
            for allowed in settings.allowed_hosts()
        )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


async def _refuse(send: Send) -> None:
    text = (
        "This server does not know the host name of this request. Open it by its address in "
        "numbers, or list the name in FER_ALLOWED_HOSTS (separated by commas) and start it again."
    )
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


class SecurityHeaders:
    """Adds `HEADERS` to every answer that does not have its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                there = {name.lower() for name, _ in headers}
                headers += [
                    (name.encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.encode() not in there
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
