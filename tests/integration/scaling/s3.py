"""An S3 server on this machine, which forgets all when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_COMMAND = "tool run --from moto[s3]==5.2.1 --with flask --with flask-cors moto_server --port"
"""In an environment of its own: it needs an older python-dateutil than pandas gets here."""


@contextmanager
def s3_server() -> Iterator[str]:
    """Start the server, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uv = Path(sys.executable).with_name("uv")
    process = subprocess.Popen(
        [uv, *_COMMAND.split(), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + 120  # it is installed first
        while not answers(port):
            if process.poll() is not None and not os.environ.get("CI"):
                pytest.skip("The S3 server cannot be installed.")
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def refuse_keys(address: str) -> None:
    """Let the server check keys from now on; it knows none."""
    request = urllib.request.Request(
        f"{address}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}
    )
    urllib.request.urlopen(request).close()
