import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches the whole console there")
def test_the_app_is_served_at_its_port_until_ctrl_c(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "app.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "fer", "app", "--port", str(port)], stdout=output, stderr=output
        )
    try:
        assert title(process, f"http://127.0.0.1:{port}") == "Streamlit", log.read_text()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    finally:
        process.kill()
        process.wait()


def title(process: "subprocess.Popen[bytes]", address: str) -> str:
    """The title of the page at an address, once it is served; empty if it never is."""
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            with urlopen(address, timeout=2) as page:
                text: str = page.read().decode()
                return text.partition("<title>")[2].partition("</title>")[0]
        except (URLError, TimeoutError):
            time.sleep(0.1)
    return ""
