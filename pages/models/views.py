"""A face as a network gets it under each scale, as pictures."""

import numpy as np

from fer.models.pixel_scales import SCALES, PixelScale
from pages.common.pictures import Picture, data_uri


def views(face: np.ndarray) -> list[Picture]:
    """A face, uint8 (height, width, channels), under every scale that suits its channels.

    The darkest value that a scale can give is drawn black and the brightest white; the first
    channel is drawn as red, so that blue-first networks see orange faces blue.
    """
    return [
        _view(name, scale, face)
        for name, scale in SCALES.items()
        if face.shape[-1] == 3 or not scale.needs_rgb
    ]


def _view(name: str, scale: PixelScale, face: np.ndarray) -> Picture:
    values = scale.apply(face[None])[0]
    if scale.is_per_image:
        low, high = float(values.min()), float(values.max())
    else:
        ends = np.stack([np.zeros_like(face), np.full_like(face, 255)])
        reached = scale.apply(ends)
        low, high = float(reached.min()), float(reached.max())
    pixels = np.rint(255 * (values - low) / max(high - low, 1e-6)).astype(np.uint8)
    text = f"{_number(values.min())} to {_number(values.max())}"
    return Picture(
        data_uri(pixels), f"{name}: {text}", f"The face under the scale {name}, with values {text}"
    )


def _number(value: float) -> str:
    rounded = f"{value:.0f}" if abs(value) >= 10 else f"{value:.2f}"
    return rounded.replace("-", "−")
