"""Pictures of a data set read, measured and shaped in numbers: here, or in processes that help.

Python's lock lets the threads of a process read small pictures one at a time only. What helps is
`python -m fer.data.decoding`; it imports little, so that it is there soon.
"""

import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

import cv2
import numpy as np

from fer import settings
from fer.errors import ImageError, UnreadableImageError
from fer.images import MAX_PIXELS, MIN_SIDE_PX, decode, to_network_input

_MOST_HELPERS = 7
_READY = b"+"

_SMALL_BYTES = 64_000  # a larger buffer costs five times as much as what is read into it
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive JPEG
_EXIF = 0xE1
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)  # Windows would translate line ends


class Content(NamedTuple):
    """Measures of one picture.

    Attributes:
        width: In pixels.
        height: In pixels.
        hash: Of the size and the RGB values: equal for equal pictures, however they are stored.
        mean: Of the grey values, 0–255: brightness.
        std: Standard deviation of the grey values, 0–127.5: contrast.
    """

    width: int
    height: int
    hash: str
    mean: float
    std: float


def measure(picture: np.ndarray, *, out: np.ndarray) -> Content:
    """Measure a picture and shape it as a network takes it.

    Args:
        picture: Grey (h, w) or RGB (h, w, 3), uint8.
        out: Takes the shaped pixels; (height, width, channels), uint8.
    """
    height, width, channels = out.shape
    out[:] = to_network_input(picture, height=height, width=width, channels=channels)
    if picture.ndim == 2:
        grey, rgb = picture, cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    else:
        grey, rgb = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.ascontiguousarray(picture)
    mean, std = cv2.meanStdDev(grey)
    size = b"%dx%d" % picture.shape[:2]
    digest = hashlib.blake2b(rgb.data, digest_size=16, key=size)
    return Content(
        picture.shape[1], picture.shape[0], digest.hexdigest(), float(mean[0, 0]), float(std[0, 0])
    )


def read_picture(path: str) -> np.ndarray:
    """The pixels of a file; the path is text because making it a `Path` costs as much as reading.

    A plain grey JPEG, such as those of FER-2013, goes straight to OpenCV, which gives the same
    values in a third of the time; everything else, and all that is odd, goes to `decode`.

    Returns:
        Grey (h, w) or RGB (h, w, 3), uint8.

    Raises:
        ImageError: As `decode` does.
    """
    try:
        handle = os.open(path, _READ)
        try:
            data = os.read(handle, _SMALL_BYTES)
        finally:
            os.close(handle)
    except OSError as error:
        reason = error.strerror or error
        raise UnreadableImageError(f"'{path}' cannot be read: {reason}.") from None
    if len(data) < _SMALL_BYTES and _is_plain_grey_jpeg(data):
        grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if grey is not None and grey.ndim == 2 and grey.dtype == np.uint8:
            return grey
    return decode(path)


_plain_header = b"\0"
"""The last one that was found plain: the pictures of a data set mostly have the same."""


def _is_plain_grey_jpeg(data: bytes) -> bool:
    """Whether these are all the bytes of a grey JPEG of allowed size without EXIF notes."""
    global _plain_header
    if data[:3] != b"\xff\xd8\xff" or data[-2:] != b"\xff\xd9":
        return False
    if data.startswith(_plain_header):
        return True
    at = 2
    while at + 10 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            height = int.from_bytes(data[at + 5 : at + 7])
            width = int.from_bytes(data[at + 7 : at + 9])
            eight_bits, one_channel = data[at + 4] == 8, data[at + 9] == 1
            allowed = min(height, width) >= MIN_SIDE_PX and height * width <= MAX_PIXELS
            is_plain = eight_bits and one_channel and allowed
            if is_plain:
                _plain_header = data[: at + 10]
            return is_plain
        if marker == _EXIF or not 0xC4 <= marker <= 0xFE:
            return False
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return False


class Measured(NamedTuple):
    """What some pictures are; columns, as Python's collector would look through objects.

    Attributes:
        columns: For each field of `Content`, a value a picture; None where it cannot be read.
        reasons: Why a picture cannot be read, by its place.
    """

    columns: tuple[list[Any], ...]
    reasons: dict[int, str]


def read_all(picture: Callable[[int], str | np.ndarray], faces: np.ndarray) -> Measured:
    """Read some pictures.

    Args:
        picture: Gives the file or the pixels of the picture at a place; may raise ImageError.
        faces: Takes the shaped pixels, (n, height, width, channels), uint8.
    """
    columns: tuple[list[Any], ...] = tuple([None] * len(faces) for _ in Content._fields)
    width, height, digest, mean, std = columns
    reasons: dict[int, str] = {}
    for at in range(len(faces)):
        try:
            found = picture(at)
            pixels = read_picture(found) if isinstance(found, str) else found
            width[at], height[at], digest[at], mean[at], std[at] = measure(pixels, out=faces[at])
        except ImageError as error:
            reasons[at] = str(error)
    return Measured(columns, reasons)


class Crew:
    """Who reads pictures: threads of this process, and helpers where they pay.

    Args:
        threads: How many may ask at once.
        helped: Whether there is so much to do, all of it in files, that helpers pay.
    """

    def __init__(self, threads: int, *, helped: bool) -> None:
        self._wanted = min(threads - 1, _MOST_HELPERS) if helped and sys.executable else 0
        self._helpers: list[_Helper] = []
        self._free: SimpleQueue[_Helper | None] = SimpleQueue()  # None: a thread of this process
        for _ in range(threads - self._wanted):
            self._free.put(None)

    def __enter__(self) -> "Crew":
        try:
            for _ in range(self._wanted):
                self._call_helper()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for helper in self._helpers:
            helper.close()

    def read(self, picture: Callable[[int], str | np.ndarray], faces: np.ndarray) -> Measured:
        """Read some pictures (see `read_all`); may be called by as many threads as were named."""
        helper = self._free.get()
        still_fit = None
        try:
            if helper is not None:
                # It may be ended from outside; what it leaves undone is done here.
                with suppress(OSError, EOFError, pickle.UnpicklingError, ImageError):
                    files = [str(picture(at)) for at in range(len(faces))]
                    measured = helper.read(files, faces)
                    still_fit = helper
                    return measured
            return read_all(picture, faces)
        finally:
            self._free.put(still_fit)

    def _call_helper(self) -> None:
        try:
            helper = _Helper()
            self._helpers.append(helper)
            Thread(target=self._welcome, args=[helper], daemon=True).start()
        except (OSError, RuntimeError):  # no room for a process or a thread: it takes longer
            self._free.put(None)

    def _welcome(self, helper: "_Helper") -> None:
        self._free.put(helper if helper.is_ready() else None)


class _Helper:
    """A process that reads pictures for this one. It ends with it, as its input does."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fer.data.decoding"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=settings.PACKAGE.parent,
            # Ctrl-C is for who asks, who then closes this.
            process_group=0,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout

    def is_ready(self) -> bool:
        """Wait until it has started; false if it has not."""
        try:
            return self._from.read(1) == _READY
        except ValueError:  # closed meanwhile
            return False

    def read(self, files: Sequence[str], faces: np.ndarray) -> Measured:
        """See `read_all`."""
        pickle.dump((files, faces.shape), self._to, pickle.HIGHEST_PROTOCOL)
        self._to.flush()
        columns, reasons, faces[:] = pickle.load(self._from)
        return Measured(columns, reasons)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._to.close()
        self._from.close()


def _help() -> None:
    """Do what comes in until nothing more comes."""
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    answers.write(_READY)
    answers.flush()
    with suppress(EOFError, BrokenPipeError):  # who asked is gone
        while True:
            files, shape = pickle.load(asked)
            faces = np.empty(shape, np.uint8)
            answer = (*read_all(files.__getitem__, faces), faces)
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
    os._exit(0)  # closing the answers would complain


if __name__ == "__main__":
    _help()
