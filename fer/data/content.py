"""What is measured on a picture once, when it is read."""

import hashlib
from typing import NamedTuple

import cv2
import numpy as np

from fer.images import to_network_input


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
