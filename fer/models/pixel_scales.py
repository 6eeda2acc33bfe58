"""What networks expect of pixel values, as plain data that every framework can be fed from."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from fer.errors import ModelError

EPSILON = 1e-6
"""Added to the variance of an image before its square root is taken."""


@dataclass(frozen=True, kw_only=True)
class PixelScale:
    """How the values 0–255 of a face become the values that a network was trained on.

    In this order: BGR if `is_bgr`, then `value * factor + offset` by channel, then, if
    `is_per_image`, each image less its mean and divided by `sqrt(its variance + EPSILON)`, over
    all its pixels and channels.

    Attributes:
        factor: One number for every channel, or one a channel in the network's order.
        offset: As `factor`.
        is_bgr: Whether the network expects blue first.
        is_per_image: Whether each image is standardised by its own mean and deviation.
    """

    factor: tuple[float, ...] = (1.0,)
    offset: tuple[float, ...] = (0.0,)
    is_bgr: bool = False
    is_per_image: bool = False

    @property
    def needs_rgb(self) -> bool:
        """Whether it is made for three channels only."""
        return self.is_bgr or len(self.factor) > 1 or len(self.offset) > 1

    def apply(self, faces: np.ndarray) -> np.ndarray:
        """What the network gets of faces.

        Args:
            faces: Shape (n, height, width, channels), uint8, grey or RGB.

        Returns:
            The same shape, float32.

        Raises:
            ModelError: If the scale needs three channels and the faces have one.
        """
        if self.needs_rgb and faces.shape[-1] != 3:
            raise ModelError(f"This scale needs faces of 3 channels; found {faces.shape[-1]}.")
        values = (faces[..., ::-1] if self.is_bgr else faces).astype(np.float32)
        values = values * np.asarray(self.factor, np.float32)
        values = values + np.asarray(self.offset, np.float32)
        if self.is_per_image:
            axes = (1, 2, 3)
            means, variances = values.mean(axes, keepdims=True), values.var(axes, keepdims=True)
            values = (values - means) / np.sqrt(variances + np.float32(EPSILON))
        scaled: np.ndarray = values.astype(np.float32)
        return scaled


def _standardised(means: tuple[float, ...], deviations: tuple[float, ...]) -> PixelScale:
    """Values 0–1 less a mean, divided by a deviation, by channel."""
    pairs = list(zip(means, deviations, strict=True))
    return PixelScale(
        factor=tuple(1 / 255 / deviation for _, deviation in pairs),
        offset=tuple(-mean / deviation for mean, deviation in pairs),
    )


SCALES: Mapping[str, PixelScale] = MappingProxyType(
    {
        "0-1": PixelScale(factor=(1 / 255,)),
        "-1-1": PixelScale(factor=(1 / 127.5,), offset=(-1.0,)),
        "0-255": PixelScale(),
        # Mean and deviation of ImageNet's pixels, as torchvision's and Keras' networks use them.
        "imagenet": _standardised((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        # Caffe's VGG and ResNet: BGR less ImageNet's mean, not divided.
        "caffe-bgr": PixelScale(offset=(-103.939, -116.779, -123.68), is_bgr=True),
        "per-image": PixelScale(is_per_image=True),
    }
)
"""What public networks expect. `imagenet` and `caffe-bgr` are for colour only."""


def scale_named(name: str, channels: int) -> PixelScale:
    """The scale of that name, for a network of that many channels.

    Raises:
        ModelError: If there is none, or it does not fit the channels.
    """
    if name not in SCALES:
        raise ModelError(f"Unknown scale '{name}'. Known: {', '.join(SCALES)}.")
    scale = SCALES[name]
    if scale.needs_rgb and channels != 3:
        fitting = ", ".join(key for key, one in SCALES.items() if not one.needs_rgb)
        raise ModelError(
            f"The scale '{name}' is for networks of 3 channels; this one takes {channels}. "
            f"Choose one of {fitting}."
        )
    return scale
