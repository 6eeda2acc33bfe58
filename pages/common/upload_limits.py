"""How much a tab may upload: nothing before its visitor has signed in, where that is wanted."""

import re

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fer.people import Action, may
from pages.common.visitors import MAX_UPLOAD_MB

_PATH = re.compile(r".*/_stcore/upload_file/([^/]+)/[^/]+")
_MULTIPART_BYTES = 1024 * 1024
"""More than a file of the greatest size has around it."""

_most_mb: dict[str, int] = {}
"""By session, once its page has run for somebody who is admitted."""


def set_limit() -> None:
    """Let the session whose page runs upload what its visitor may use."""
    context = get_script_run_ctx()
    if context is None:
        return
    manages = may(Action.MANAGE_DATA) or may(Action.MANAGE_MODELS)
    most = st.get_option("server.maxUploadSize") if manages else MAX_UPLOAD_MB
    _most_mb[context.session_id] = most if may(Action.PREDICT) else 0


def forget(session: str) -> None:
    """Drop what is known of a session that has ended."""
    _most_mb.pop(session, None)


class UploadLimits:
    """Refuses an upload, before it is read, that is larger than its session may upload.

    Streamlit alone takes as much from whoever opens a connection.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_put = scope["type"] == "http" and scope["method"] == "PUT"
        found = _PATH.fullmatch(scope["path"]) if is_put else None
        app = self._app if found is None else _refusal(scope, found[1]) or self._app
        await app(scope, receive, send)


def _refusal(scope: Scope, session: str) -> ASGIApp | None:
    most_mb = _most_mb.get(session, 0)
    length = Headers(scope=scope).get("content-length", "")
    if not most_mb:
        return PlainTextResponse("Sign in first.", 403)
    if not length.isdecimal():
        return PlainTextResponse("An upload needs a Content-Length.", 411)
    if int(length[:20]) > most_mb * 1024 * 1024 + _MULTIPART_BYTES:
        return PlainTextResponse(f"At most {most_mb} MB are taken.", 413)
    return None
