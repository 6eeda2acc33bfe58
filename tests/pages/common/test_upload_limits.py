"""What a session may upload, by who opened its page."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit import config
from streamlit.testing.v1 import AppTest

from pages.common import upload_limits
from pages.common.upload_limits import UploadLimits
from tests.pages.common.test_people import (  # noqa: F401 - fixtures
    open_to_others,
    roles,
    signed_in,
)

MB = 1024 * 1024


def status_of(session: str, length: str) -> int:
    """What an upload of this length is answered; 204 if it reaches Streamlit."""
    sent: list[Message] = []

    async def streamlit(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204})

    async def receive() -> Message:
        raise AssertionError  # an upload that is refused is not read

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-length", length.encode())] if length else []
    path = f"/_stcore/upload_file/{session}/a-file"
    scope = {"type": "http", "method": "PUT", "path": path, "headers": headers}
    asyncio.run(UploadLimits(streamlit)(scope, receive, send))
    return int(sent[0]["status"])


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> str:
    """Of every app under test."""
    monkeypatch.setattr(upload_limits, "_most_mb", {})
    return "test session id"


@pytest.mark.usefixtures("roles")
def test_nobody_uploads_before_signing_in(app: AppTest, session: str) -> None:
    assert status_of(session, "1") == 403
    signed_in(app).run()
    assert status_of(session, "1") == 403
    assert status_of("another", "1") == 403


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize(
    ("name", "most_mb"),
    [("vic", 200), ("eve", 200), ("ada", config.get_option("server.maxUploadSize"))],
)
def test_whoever_has_signed_in_uploads_what_their_role_can_use(
    app: AppTest, session: str, name: str, most_mb: int
) -> None:
    signed_in(app, name).run()
    assert session in upload_limits._most_mb
    assert status_of(session, str(most_mb * MB)) == 204
    assert status_of(session, str((most_mb + 2) * MB)) == 413
    assert status_of(session, "") == 411


@pytest.mark.usefixtures("open_to_others")
def test_a_visitor_of_a_read_only_app_uploads_photos_and_no_data_sets(
    app: AppTest, session: str
) -> None:
    app.run()
    assert status_of(session, str(200 * MB)) == 204
    assert status_of(session, str(300 * MB)) == 413


def test_a_session_that_ended_uploads_nothing_more(app: AppTest, session: str) -> None:
    app.run()
    assert status_of(session, str(300 * MB)) == 204
    upload_limits.forget(session)
    assert status_of(session, "1") == 403
