"""What benches of pages share: the running app, and the browser that opens it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
START_S = 120


def chromium() -> str | None:
    """Where Chromium is, if it is here."""
    return shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """The app on a free port: its address, and the server's process id.

    Raises:
        RuntimeError: If it does not answer in two minutes.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--server.headless=true", "--server.fileWatcherType=none", f"--server.port={port}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(address)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait()


def on_fer2013(measure: Callable[[str, str], None]) -> None:
    """Serve the app with FER-2013 added to it.

    Args:
        measure: Called with the address and the path of Chromium.
    """
    browser = chromium()
    if not browser or not os.environ.get("FER_DATA"):
        print("skipped: no Chromium, or FER_DATA is not set")
        return
    with tempfile.TemporaryDirectory() as home:
        os.environ["FER_HOME"] = home
        os.environ["FER_DATA_ROOTS"] = os.environ["FER_DATA"]
        from fer.data import add

        add(Path(os.environ["FER_DATA"]), name="fer2013")
        with served() as (address, _):
            measure(address, browser)


def _wait_until_healthy(address: str) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (URLError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"{address} did not answer within {START_S} s.")
