"""The running app and a real Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.error import URLError
from urllib.request import urlopen

import cv2
import numpy as np
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ENTRY = Path(__file__).resolve().parents[2] / "streamlit_app.py"
START_TIMEOUT_S = 120
VIDEO_FRAMES = 60
PATIENCE_MS = 60_000  # other tests use the processor, too
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Streamlit says "not running" for a moment between a click and the run it starts, so idle has to
# last. The clock lives in the page and is set back by whoever waits.
IDLE_FOR_MS = 500
IDLE_WITHIN_MS = 120_000  # the first visit to Evaluate draws and evaluates a whole data set
IS_IDLE = """idleForMs => {
    const app = document.querySelector(
        '[data-testid=stApp][data-test-connection-state=CONNECTED]' +
        '[data-test-script-state=notRunning]'
    );
    if (!app || document.querySelector('[data-testid=stSkeleton]')) {
        delete window.idleSince;
        return false;
    }
    window.idleSince ??= performance.now();
    return performance.now() - window.idleSince >= idleForMs;
}"""


KNOWN_TO_AXE = {"presentation-role-conflict"}  # Streamlit's own uploader


@pytest.fixture(scope="session")
def camera_video(astronaut: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A smiling person who moves from side to side, in the format of Chromium's fake camera."""
    face = cv2.resize(astronaut[:300, 80:380], (300, 300))[:, :, ::-1]
    path = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    with path.open("wb") as file:
        for number in range(VIDEO_FRAMES):
            frame = np.full((480, 640, 3), 110, np.uint8)
            x = round(170 * (1 - np.cos(2 * np.pi * number / VIDEO_FRAMES)))
            frame[90:390, x : x + 300] = face
            file.write(cv2.imencode(".jpg", frame)[1].tobytes())
    return path


@pytest.fixture(scope="module")
def server(fer_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a free port, as its address without a slash at the end."""
    with _served(tmp_path_factory.mktemp("server") / "log.txt") as address:
        yield address


@pytest.fixture(scope="session")
def serve(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[dict[str, str]], AbstractContextManager[str]]:
    """Serve the app with more of Streamlit's options, as `server` does."""
    return lambda options: _served(tmp_path_factory.mktemp("server") / "log.txt", options)


@contextmanager
def _served(log: Path, more: Mapping[str, str] | None = None) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = {
        "server.address": "127.0.0.1",
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        **(more or {}),
    }
    command = [sys.executable, "-m", "streamlit", "run", str(ENTRY)]
    command += [f"--{name}={value}" for name, value in options.items()]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=log.parent, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_healthy(process, address, log)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (URLError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"The app did not start (exit status {process.poll()}):\n{log.read_text()}")


@pytest.fixture(scope="session")
def chromium_flags() -> tuple[str, ...]:
    return FLAGS


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        _skip_outside_ci("no Chromium: none of " + ", ".join(names) + " is on the PATH")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> "Iterator[Browser]":
    """Headless Chromium; a module each, because Playwright's event loop blocks asyncio's."""
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError as error:
        _skip_outside_ci(f"no Playwright: {error}")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield running
        running.close()


def _skip_outside_ci(reason: str) -> NoReturn:
    if os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(reason)
    pytest.fail(f"{reason}; in CI the browser tests must run")


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """An empty tab with a fresh profile, 1280 × 900 px."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(PATIENCE_MS)
        with _nothing_refused(context.new_page()) as opened:
            yield opened


@pytest.fixture
def sized_page(browser: "Browser", width: int, scheme: str) -> "Iterator[Page]":
    """As `page`, for tests that are parametrized by width and scheme (light, dark)."""
    with browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    ) as context:
        context.set_default_timeout(PATIENCE_MS)
        with _nothing_refused(context.new_page()) as opened:
            yield opened


@contextmanager
def _nothing_refused(page: "Page") -> "Iterator[Page]":
    """Fails at the end if the Content-Security-Policy kept a page from something."""
    page.add_init_script(
        "addEventListener('securitypolicyviolation', event => console.error("
        "`refused: ${event.violatedDirective} ${event.blockedURI}`))"
    )
    refused: list[str] = []

    def listen(text: str) -> None:
        if text.startswith("refused: "):
            refused.append(text)

    page.on("console", lambda entry: listen(entry.text))
    yield page
    assert not refused


@pytest.fixture(scope="session")
def check_layout() -> "Callable[[Page], None]":
    """Call with a drawn page: fails where it is wider than its window or not accessible."""

    def check(page: "Page") -> None:
        from axe_playwright_python.sync_playwright import Axe

        main = page.get_by_test_id("stMain")
        assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
        found = Axe().run(page).response["violations"]
        assert {fault["id"] for fault in found} <= KNOWN_TO_AXE

    return check


@pytest.fixture(scope="session")
def wait_until_idle() -> "Callable[[Page], None]":
    """Call with a page: returns once the app is connected, drawn, and has stopped running.

    An upload starts its run only when the file is there: wait for what it shows instead.
    """

    def wait(page: "Page") -> None:
        page.evaluate("delete window.idleSince")
        page.wait_for_function(IS_IDLE, arg=IDLE_FOR_MS, timeout=IDLE_WITHIN_MS)

    return wait
