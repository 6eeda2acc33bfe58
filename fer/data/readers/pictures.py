"""Picture files of a data set: as `fer.images.decode` gives them, and fast where they are many."""

import os

import cv2
import numpy as np

from fer.errors import UnreadableImageError
from fer.images import MAX_PIXELS, MIN_SIDE_PX, decode

_SMALL_BYTES = 64_000  # a larger buffer costs five times as much as what is read into it
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive JPEG
_EXIF = 0xE1
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)  # Windows would translate line ends


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
