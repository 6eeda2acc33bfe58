"""A page in a headless Chromium of this machine, and what the page sends back."""

import functools
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fer.errors import ConfigError

ANSWERS = "/parity/answers"
"""Where the page posts its answers to."""

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def require_chromium() -> str:
    """The path of Chromium or Chrome.

    Raises:
        ConfigError: If neither is installed.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise ConfigError(f"There is no Chromium: none of {', '.join(_NAMES)} is on the PATH.")
    return found


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files of several folders, the first that has one, and takes the answers."""

    extensions_map = {  # noqa: RUF012 - as in the base class
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
    }

    def __init__(
        self, *args: Any, folders: Sequence[Path], headers: Mapping[str, str], answers: list[bytes],
        **others: Any,
    ) -> None:  # fmt: skip
        self._folders, self._headers, self._answers = folders, headers, answers
        super().__init__(*args, **others)

    def translate_path(self, path: str) -> str:
        places = []
        for folder in self._folders:
            self.directory = str(folder)
            places.append(super().translate_path(path))
        return next((place for place in places if Path(place).is_file()), places[0])

    def do_POST(self) -> None:  # the base class names methods so
        self._answers.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.send_response(204)
        self.end_headers()

    def end_headers(self) -> None:
        for name, value in self._headers.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing: requests are no news."""


def answers_of(
    page: str, folders: Sequence[Path], *, isolated: bool = False, timeout_s: float = 300
) -> dict[str, Any]:
    """Open a page and wait for what it posts.

    Args:
        page: Its file.
        folders: Folders to serve; of files of one path, that of the first folder.
        isolated: Whether the page may use threads.
        timeout_s: How long to wait for it.

    Raises:
        ConfigError: If there is no Chromium, or the page answers nothing in time or a problem.
    """
    chromium = require_chromium()
    isolating = {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
    }
    answers: list[bytes] = []
    handler = functools.partial(
        _Handler, folders=folders, headers=isolating if isolated else {}, answers=answers
    )
    root = getattr(os, "geteuid", lambda: 1)() == 0
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [chromium, *_FLAGS, f"--user-data-dir={profile}"]
        command += ["--no-sandbox"] if root else []  # Chromium has none for root
        address = f"http://127.0.0.1:{server.server_port}/{page}"
        process = subprocess.Popen(
            [*command, address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait(process, answers, timeout_s)
        finally:
            process.terminate()
            process.wait()
            server.shutdown()
    found: dict[str, Any] = json.loads(answers[0])
    if problem := found.get("problem"):
        raise ConfigError(f"The page does not run in '{chromium}': {problem}")
    return found


def _wait(process: "subprocess.Popen[bytes]", answers: list[bytes], timeout_s: float) -> None:
    done = threading.Event()
    waited = 0.0
    while not answers:
        if process.poll() is not None:
            raise ConfigError(f"Chromium ended with status {process.returncode} before the page.")
        if waited >= timeout_s:
            raise ConfigError(f"The page in Chromium did not answer within {timeout_s:.0f} s.")
        done.wait(0.05)
        waited += 0.05
