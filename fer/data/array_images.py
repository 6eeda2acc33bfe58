"""Images in one NumPy array: which axis is which, what white is, and one of them at a time."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fer.errors import DatasetError
from fer.pixels import DARKEST_WHITE, MIN_SIDE_PX, OVERSHOOT


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the images of an array are stored.

    Attributes:
        shape: Of one image as it is stored.
        white: The value of white: 255, or 1.
    """

    shape: tuple[int, ...]
    white: int

    def image(self, values: np.ndarray) -> np.ndarray:
        """One image, grey (h, w) or RGB (h, w, 3), uint8, from its values in the array."""
        if len(self.shape) == 1:
            side = math.isqrt(self.shape[0])
            values = values.reshape(side, side)
        elif len(self.shape) == 3 and self.shape[0] in (1, 3) and self.shape[2] not in (1, 3):
            values = np.moveaxis(values, 0, 2)
        if values.ndim == 3 and values.shape[2] == 1:
            values = values[:, :, 0]
        if values.dtype != np.uint8 or self.white == 1:
            shares = np.clip(values.astype(np.float64) / self.white, 0, 1)
            values = np.rint(shares * 255).astype(np.uint8)
        return np.ascontiguousarray(values)


def are_images(shape: tuple[int, ...], dtype: np.dtype) -> bool:
    """Whether an array can hold images: (n, h, w), (n, h, w, c), (n, c, h, w) or (n, side²)."""
    if dtype.kind not in "uifb" or len(shape) not in (2, 3, 4):
        return False
    sides = [side for side in shape[1:] if len(shape) != 4 or side not in (1, 3)]
    if len(shape) == 2:
        return shape[1] >= MIN_SIDE_PX**2 and math.isqrt(shape[1]) ** 2 == shape[1]
    return len(sides) == 2 and min(sides) >= MIN_SIDE_PX


def layout_of(name: str, shape: tuple[int, ...], blocks: Iterable[np.ndarray]) -> Layout:
    """The layout of an array that can hold images.

    Args:
        name: The array's, for errors.
        shape: Of the whole array.
        blocks: All of its values, part by part.

    Raises:
        DatasetError: If its values are neither 0–1 (floats, or booleans) nor 0–255.
    """
    low, high, is_fraction = 0.0, 0.0, False
    for block in blocks:
        if not block.size or block.dtype == np.uint8:
            continue
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        if not (math.isfinite(low) and math.isfinite(high)) or np.isnan(block).any():
            raise DatasetError(
                f"'{name}' holds values that are not finite (NaN or infinite). Expected 0 to 1 or "
                "0 to 255; replace them."
            )
        is_fraction |= block.dtype.kind in "fb"
    is_share = is_fraction and low >= -OVERSHOOT and high <= 1 + OVERSHOOT
    is_dark = is_fraction and high < DARKEST_WHITE
    if not is_share and (low < 0 or high > 255 or is_dark):
        raise DatasetError(
            f"'{name}' holds values from {low:g} to {high:g}. Expected floats from 0 to 1, or "
            "numbers from 0 to 255; scale them back to one of these."
        )
    return Layout(shape=shape[1:], white=1 if is_share else 255)


def label_texts(name: str, labels: np.ndarray) -> list[str]:
    """Names or numbers as text, shape (n,) or (n, 1); of one-hot rows, the number of the class.

    Raises:
        DatasetError: If they are something else; `name` is that of the array.
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.dtype.kind in "uifb":
        if not np.isclose(labels.sum(axis=1), 1).all():
            raise DatasetError(
                f"The rows of '{name}' do not add up to 1. Expected a name or a number for each "
                "image, or one-hot rows."
            )
        labels = labels.argmax(axis=1)
    if labels.ndim != 1:
        raise DatasetError(
            f"Found '{name}' of shape {labels.shape}. Expected a name or a number for each image, "
            "or one-hot rows, shape (n, classes)."
        )
    return texts(labels)


def texts(values: np.ndarray) -> list[str]:
    """Each value as text; bytes are UTF-8, and None and NaN are ""."""
    return [
        one.decode(errors="replace")
        if isinstance(one, bytes)
        else ""
        if _is_none(one)
        else str(one)
        for one in values.tolist()
    ]


def _is_none(value: object) -> bool:
    return value is None or value != value
