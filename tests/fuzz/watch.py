"""What a process writes, starts and connects to, by Python's audit events.

What is outside of the folder is noted and prevented: inputs may lead to any file of the machine.
"""

import os
import sys
from itertools import zip_longest
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = {
    "os.rename": (0, 1), "os.link": (1,), "os.symlink": (1,),
    **dict.fromkeys(("os.mkdir", "os.remove", "os.rmdir", "os.truncate"), (0,)),
    **dict.fromkeys(("os.chmod", "os.chown", "os.utime"), (0,)),
}  # fmt: skip
"""Events that change the disk, and which of their arguments are the paths that change."""
_LEAVING = (
    "socket.connect",
    "socket.bind",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_DEVICES = ("/dev/", "/proc/self/")


class OutsideError(Exception):
    """Something outside of the folder would have been changed, started or connected to."""


class Watch:
    """Notes and prevents what happens outside of a folder; it cannot be taken off again."""

    def __init__(self, folder: Path) -> None:
        self._inside = os.path.realpath(folder) + os.sep
        self._found: list[str] = []
        sys.addaudithook(self._note)

    def take(self) -> list[str]:
        """What was noted since the last call."""
        found, self._found = self._found, []
        return found

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING:
                self._check(event, path)
        elif event in _CHANGING:
            # Behind the paths, or the mode, are the numbers of the open folders that they are in.
            paths = [arguments[at] for at in _CHANGING[event]]
            folders = [one for one in arguments[-len(paths) :] if isinstance(one, int) and one > 2]
            for path, folder in zip_longest(paths, folders[: len(paths)]):
                self._check(event, path, folder)
        elif event in _LEAVING and not self._is_local(event, arguments):
            self._prevent(f"{event} {arguments[1:]!r}")

    def _check(self, event: str, path: Any, folder: int | None = None) -> None:
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str | os.PathLike):
            return  # an open file's number
        place = os.path.realpath(path if folder is None else Path(f"/proc/self/fd/{folder}") / path)
        if not (place + os.sep).startswith(self._inside) and not place.startswith(_DEVICES):
            self._prevent(f"{event} {place}")

    def _prevent(self, what: str) -> None:
        self._found.append(what[:300])
        raise OutsideError(what[:300])

    @staticmethod
    def _is_local(event: str, arguments: tuple[Any, ...]) -> bool:
        """Whether nothing leaves the machine: libraries look for IPv6 and for its kind."""
        if event.startswith("socket."):
            return isinstance(arguments[1], str | bytes) or arguments[1][0] in _LOOPBACK
        return event == "subprocess.Popen" and arguments[0] == "uname"
