"""What a closed tab leaves behind, on the running app."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 60
RECONNECT_S = 2
APP = f"""
import asgi
import numpy as np
import streamlit as st
from fer.inference.live import STREAMS
from fer.inference.predictor import Predictor
from pages.common import tabs
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

def stream():
    predictor = Predictor.load(detector="mtcnn")
    return STREAMS.open(predictor, owner=get_script_run_ctx().session_id)

if __name__ == "__main__":
    if "stream" not in st.session_state:
        st.session_state["stream"] = stream()
    st.code(st.session_state["stream"].token)
    st.image(np.zeros((9, 9), np.uint8))
    st.download_button("A file", b"its content")
else:
    tabs.RECONNECT_S = {RECONNECT_S}
    app = st.App(__file__, routes=asgi.ROUTES, middleware=[Middleware(tabs.ClosedTabs)])
"""


@pytest.fixture(scope="module")
def address(fer_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app that waits for a browser that lost its connection for two seconds only."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "app.py").write_text(APP)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--server.port={port}", "--server.headless=true", "--server.address=127.0.0.1"]
    command = [sys.executable, "-m", "streamlit", "run", str(folder / "app.py"), *options]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        end = time.monotonic() + PATIENCE_S
        while not is_found(f"http://127.0.0.1:{port}/_stcore/health"):
            assert time.monotonic() < end, (folder / "log.txt").read_text()
            time.sleep(0.2)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def is_found(url: str) -> bool:
    try:
        with urlopen(url, timeout=PATIENCE_S):
            return True
    except (HTTPError, URLError):
        return False


def tab(address: str, session: str = "") -> ClientConnection:
    """A browser's connection, for a session that it had before or a new one."""
    return connect(
        f"ws://{address}/_stcore/stream",
        origin=f"http://{address}",
        subprotocols=["streamlit", "token", session] if session else ["streamlit"],
        max_size=None,
    )


def drawn(connection: ClientConnection) -> list[ForwardMsg]:
    """What comes while the page runs once."""
    message = BackMsg()
    message.rerun_script.page_name = ""
    connection.send(message.SerializeToString())
    came = []
    while not came or came[-1].WhichOneof("type") != "script_finished":
        came.append(ForwardMsg.FromString(connection.recv(PATIENCE_S)))
        assert not came[-1].delta.new_element.HasField("exception")
    return came


def token_in(messages: list[ForwardMsg]) -> str:
    """Of the camera's stream."""
    codes = (one.delta.new_element.code.code_text for one in messages)
    return next(filter(None, codes))


def status_of_stream(address: str, token: str) -> int:
    """What a frame is answered; one that is no image is 422 as long as the stream is open."""
    headers = {"Origin": f"http://{address}", "Content-Type": "image/jpeg"}
    with closing(HTTPConnection(address, timeout=PATIENCE_S)) as client:
        client.request("POST", f"/api/live/{token}", b"no image", headers)
        return client.getresponse().status


def test_a_closed_tabs_pictures_and_stream_soon_answer_nobody(address: str) -> None:
    with tab(address) as connection:
        came = drawn(connection)
        token = token_in(came)
        elements = [one.delta.new_element for one in came]
        picture = next(one.imgs.imgs[0].url for one in elements if one.imgs.imgs)
        file = next(one.download_button.url for one in elements if one.download_button.url)
        urls = [f"http://{address}{path}" for path in (picture, file)]
        time.sleep(2 * RECONNECT_S)  # the tab is open, and so they are
        assert status_of_stream(address, token) == 422
        assert all(map(is_found, urls))
    end = time.monotonic() + PATIENCE_S / 4
    while status_of_stream(address, token) != 410 or any(map(is_found, urls)):
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_browser_that_lost_its_connection_for_a_moment_finds_its_session(address: str) -> None:
    with tab(address) as connection:
        first = drawn(connection)
    new = (one.new_session.initialize.session_id for one in first if one.HasField("new_session"))
    with tab(address, next(new)) as connection:
        time.sleep(2 * RECONNECT_S)
        assert token_in(drawn(connection)) == token_in(first)
        assert status_of_stream(address, token_in(first)) == 422
