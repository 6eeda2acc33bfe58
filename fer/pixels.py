"""Pixels of any usual kind → RGB, uint8."""

import hashlib
from typing import Any

import cv2
import numpy as np
from PIL import Image

from fer.errors import ImageTooLargeError, ImageTooSmallError, UnreadableImageError

MAX_PIXELS = 50_000_000
MIN_SIDE_PX = 12
_GROUND = (255, 255, 255)  # shows through transparent pixels
OVERSHOOT = 0.01
"""Resizing carries float values this far beyond 0–1."""
DARKEST_WHITE = 10
"""No face of 0–255 is as dark as this at its brightest: such floats have another scale."""

_EXPECTED = (
    "expected (height, width) for grey, (height, width, 3) for RGB or (height, width, 4) for RGBA"
)


def rgb_from(values: Any) -> np.ndarray:
    """Pixels as RGB, shape (height, width, 3), uint8; pixels that are so already are not copied.

    Args:
        values: Whole numbers of 0–255, floats of 0–1, or booleans: a NumPy array, what can be
            turned into one, or nested lists. Grey (h, w) or (h, w, 1), RGB (h, w, 3) or RGBA
            (h, w, 4), which is laid on white; also as a batch of one.

    Raises:
        UnreadableImageError: If the shape or the range of the values leaves open what they mean.
        ImageTooLargeError: If there are over 50 megapixels.
        ImageTooSmallError: If the shorter side is under 12 pixels.
    """
    pixels = _one_image(_as_array(values))
    check_size(pixels.shape[1], pixels.shape[0], "The array")
    pixels = _as_uint8(pixels)
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return np.array(on_white(Image.fromarray(pixels))) if pixels.shape[2] == 4 else pixels


def on_white(rgba: Image.Image) -> Image.Image:
    """Lay an image of the mode RGBA on white: RGB."""
    ground = Image.new("RGB", rgba.size, _GROUND)
    ground.paste(rgba, mask=rgba.getchannel("A"))
    return ground


def to_8_bits(values: np.ndarray) -> np.ndarray:
    """Scale grey values: 16-bit values span 0–65535; the range of others is inferred.

    32-bit and floating-point formats have no fixed white: it is taken as 1 (floats only, which
    resizing may have carried a little beyond), 255 or 65535, the first that holds all values; where
    none does, the values are stretched.
    """
    if values.dtype.itemsize == 2:
        return cv2.convertScaleAbs(values.astype(np.uint16), alpha=255 / 65535)
    finite = np.nan_to_num(values.astype(np.float32), nan=0, posinf=0, neginf=0)
    low, high = float(finite.min()), float(finite.max())
    if values.dtype.kind == "f" and low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
        return cv2.convertScaleAbs(finite.clip(0, 1), alpha=255)
    white = next((white for white in (255, 65535) if high <= white), None)
    is_dark = values.dtype.kind == "f" and high < DARKEST_WHITE
    if low < 0 or white is None or is_dark:
        scale = 255 / (high - low) if high > low else 0
        return cv2.convertScaleAbs(finite, alpha=scale, beta=-low * scale)
    return cv2.convertScaleAbs(finite, alpha=255 / white)


def content_hash(image: np.ndarray) -> str:
    """A hash of an image's size and values: equal for equal images, however they are stored.

    Args:
        image: Grey (h, w) or RGB (h, w, 3), uint8. A grey image and its RGB twin are equal.

    Returns:
        32 hexadecimal digits.
    """
    rgb = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image
    size = b"%dx%d" % image.shape[:2]
    return hashlib.blake2b(np.ascontiguousarray(rgb).data, digest_size=16, key=size).hexdigest()


def check_size(width: int, height: int, name: str, *, max_pixels: int = MAX_PIXELS) -> None:
    """Refuse an image with too many or too few pixels; errors call it by `name`."""
    if width * height > max_pixels:
        size = f"{name} has {width:,}×{height:,} pixels, {width * height / 1e6:,.0f}"
        raise too_large(size, max_pixels)
    if min(width, height) < MIN_SIDE_PX:
        raise ImageTooSmallError(
            f"{name} has {width:,}×{height:,} pixels; a face needs at least {MIN_SIDE_PX} on the "
            "shorter side. Use a larger image."
        )


def too_large(size: str, max_pixels: int = MAX_PIXELS) -> ImageTooLargeError:
    """The error for an image of so many megapixels."""
    return ImageTooLargeError(
        f"{size} megapixels; at most {max_pixels / 1e6:.4g} can be used. Scale it down."
    )


def _as_array(values: Any) -> np.ndarray:
    try:
        pixels = np.asarray(values)
    except Exception as error:  # noqa: BLE001 - ragged lists, a tensor on a GPU, anything
        raise UnreadableImageError(
            f"Found {type(values).__name__} that is no array of numbers ({error}); {_EXPECTED}."
        ) from None
    if pixels.dtype.kind not in "buif":
        raise UnreadableImageError(
            f"Found {type(values).__name__}; expected one image: a path, the bytes of a file, an "
            "open file, a PIL image, or an array or nested lists of numbers."
        )
    return pixels


def _one_image(pixels: np.ndarray) -> np.ndarray:
    """The same with shape (height, width, channels)."""
    shape = pixels.shape
    if shape[:1] == (1,) and (len(shape) == 4 or (len(shape) == 3 and shape[2] > 4)):
        pixels = pixels[0]  # a batch of one
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim == 3 and pixels.shape[2] in (1, 3, 4):
        return pixels
    hint = ""
    if len(shape) == 4:
        hint = f" This looks like a batch of {shape[0]}: give one image at a time."
    elif len(shape) == 3 and shape[0] in (1, 3, 4):
        hint = " Channels come last here: image.transpose(1, 2, 0)."
    raise UnreadableImageError(
        f"Found an array of {pixels.dtype} with shape {shape}; {_EXPECTED}.{hint}"
    )


def _as_uint8(pixels: np.ndarray) -> np.ndarray:
    """The same values as 0–255."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    low, high = pixels.min(), pixels.max()
    if pixels.dtype.kind in "iu":
        if low >= 0 and high <= 255:
            return pixels.astype(np.uint8)
        hint = "Scale them to 0–255 first; 16-bit values are divided by 257."
    elif low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
        scaled = np.clip(pixels.astype(np.float32), 0, 1) * 255
        return np.rint(scaled).astype(np.uint8)
    elif low >= 0 and high <= 255:
        hint = "If they are 0–255, use image.astype('uint8')."
    else:
        hint = "Scale them to 0–1 first."
    raise UnreadableImageError(
        f"Found {pixels.dtype} values of {low:.4g} to {high:.4g}; expected 0–255 for whole numbers "
        f"and 0–1 for floats. {hint}"
    )
