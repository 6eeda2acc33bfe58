"""Bulk decoding: image files read, measured and resized to one shape.

Threads do it. OpenCV and the hashes release Python's lock; helper processes took longer than
threads to read FER-2013, whose 32 thousand images need two seconds of one core.
"""

import os
import re
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from fer.errors import ImageError, UnreadableImageError
from fer.images import decode, to_network_input
from fer.pixels import MAX_PIXELS, MIN_SIDE_PX, content_hash

THREADS = min(32, os.cpu_count() or 1)
"""How many threads decode at a time, each …"""
BATCH = 512
"""… so many images that follow one another, so that they seldom wait for each other."""

_SMALL_BYTES = 64_000  # a larger buffer costs five times as much as what is read into it

_PLAIN_GREY_JPEG = re.compile(
    rb"\xff\xd8"  # start
    rb"(?:\xff\xe0\x00\x10.{14})?"  # JFIF
    rb"(?:\xff\xdb\x00\x43.{65})+"  # quantization tables
    rb"\xff[\xc0-\xc2]\x00\x0b\x08(..)(..)\x01",  # frame of 8 bits: height, width, one channel
    re.DOTALL,
)


class ImageStats(NamedTuple):
    """Measures of one image.

    Attributes:
        width: In pixels.
        height: In pixels.
        hash: Of the size and the RGB values: equal for equal images, however they are stored.
        mean: Of the grey values, 0–255: brightness.
        std: Standard deviation of the grey values, 0–127.5: contrast.
        reason: Why it cannot be read, and all else is 0; "" if it can.
    """

    width: int = 0
    height: int = 0
    hash: str = ""
    mean: float = 0.0
    std: float = 0.0
    reason: str = ""


MEASURED = {
    "width": "int32", "height": "int32", "hash": "str", "mean": "float32", "std": "float32"
}  # fmt: skip
"""The types of these measures in an index."""


def decode_batch(
    image: Callable[[int], str | np.ndarray], rows: np.ndarray, out: np.ndarray
) -> list[ImageStats]:
    """Decode and measure some images of a listing.

    Args:
        image: Gives the file or the pixels of a row; may raise ImageError.
        rows: The rows to decode, shape (n,).
        out: Receives the shaped pixels, (n, height, width, channels), uint8.
    """
    stats = []
    for row, shaped in zip(rows.tolist(), out, strict=True):
        try:
            source = image(row)
            pixels = read_image(source) if isinstance(source, str) else source
            stats.append(_measure(pixels, shaped))
        except ImageError as error:
            stats.append(ImageStats(reason=str(error)))
    return stats


def _measure(image: np.ndarray, out: np.ndarray) -> ImageStats:
    """Measure an image, and shape it into `out` the way a network takes it."""
    height, width, channels = out.shape
    out[:] = to_network_input(image, height=height, width=width, channels=channels)
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    mean, std = cv2.meanStdDev(grey)
    return ImageStats(
        image.shape[1],
        image.shape[0],
        content_hash(image),
        float(mean[0, 0]),
        float(std[0, 0]),
    )


def read_image(path: str) -> np.ndarray:
    """The pixels of a file; the path is text because making it a `Path` costs as much as reading.

    A plain grey JPEG, such as those of FER-2013, goes straight to OpenCV, which gives the same
    values in a third of the time. Everything else goes to `decode`.

    Returns:
        Grey (h, w) or RGB (h, w, 3), uint8.

    Raises:
        ImageError: As `decode` does.
    """
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            data = file.read(_SMALL_BYTES)
    except OSError as error:
        reason = error.strerror or error
        raise UnreadableImageError(f"'{path}' cannot be read: {reason}.") from None
    header = _PLAIN_GREY_JPEG.match(data)
    if header and len(data) < _SMALL_BYTES and data.endswith(b"\xff\xd9"):
        height, width = map(int.from_bytes, header.groups())
        if min(height, width) >= MIN_SIDE_PX and height * width <= MAX_PIXELS:
            grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
            if grey is not None and grey.ndim == 2 and grey.dtype == np.uint8:
                return grey
    return decode(path)
