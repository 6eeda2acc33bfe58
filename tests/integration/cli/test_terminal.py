"""A real terminal."""

import os
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

CODE = """
import os, sys, time
from fer.cli.terminal import Counter, progress, quiet_imports
with progress() as bar, quiet_imports():
    count = Counter(bar, "faces")
    os.write(2, b"cannot find CUDA")
    for done in (20, 40):
        count(done, 40)
        time.sleep(0.3)
os.write(2, b"the end")
"""


def test_a_bar_is_seen_while_the_messages_of_imports_are_not() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", CODE], stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while b"the end" not in seen:
            try:
                seen += os.read(ours, 4096)
            except OSError:  # the terminal was closed
                break
        assert process.wait(60) == 0
    os.close(ours)
    assert b"faces" in seen
    assert b"20/40" in seen
    assert b"CUDA" not in seen
    assert b"the end" in seen
