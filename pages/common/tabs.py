"""A tab that was closed: its pictures, uploads and camera's stream soon answer nobody."""

import asyncio
import gc

from google.protobuf.message import DecodeError
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from fer.inference.live import STREAMS
from pages.common import upload_limits

RECONNECT_S = 30.0
"""For a browser that lost its connection to find its session again."""
PATH = "/_stcore/stream"


class ClosedTabs:
    """Ends the session of a connection that is not made again.

    Streamlit alone keeps it for two minutes, and until others come, as it looks at its clock only
    then.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._ending: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or not scope["path"].endswith(PATH):
            await self._app(scope, receive, send)
            return
        session = ""

        async def send_and_look(message: Message) -> None:
            nonlocal session
            session = session or _session_in(message)
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        finally:
            if session:
                task = asyncio.create_task(_end(session))
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)


def _session_in(message: Message) -> str:
    """The session that a message to a browser names as new, or nothing."""
    try:
        sent = ForwardMsg.FromString(message.get("bytes") or b"")
    except DecodeError:
        return ""
    return str(sent.new_session.initialize.session_id)


async def _end(session: str) -> None:
    await asyncio.sleep(RECONNECT_S)
    server = runtime.get_instance()
    if server.is_active_session(session):
        return
    server.close_session(session)
    STREAMS.close_of(session)
    upload_limits.forget(session)
    await run_in_threadpool(gc.collect)  # its pages' own pictures refer to each other
    # Streamlit marks what was offered as a download, and deletes it the next time.
    server.media_file_mgr.remove_orphaned_files()
