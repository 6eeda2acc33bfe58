"""Test-time augmentation: views of a face, over which a network's answers are averaged."""

import numpy as np

from fer.errors import ConfigError
from fer.images import to_network_input

VIEWS = ("none", "flip", "shifts", "ten_crop")
"""The face alone; with its mirror image; with its eight neighbouring shifts, all mirrored too; five
enlarged crops with their mirror images."""

_SHIFT_PARTS = 16
"""A shift is this part of the side, 3 of 48 pixels: well within the shifts of training."""

_CROP_PARTS = 8
"""A crop drops this part of the side: 6 of 48 pixels, as in Tang 2013 on FER-2013."""


def views_of(faces: np.ndarray, tta: str) -> list[np.ndarray]:
    """The views of many faces, each view of the faces' own size.

    Args:
        faces: Shape (n, height, width, channels), uint8.
        tta: One of `VIEWS`.

    Returns:
        One array like `faces` for each view.

    Raises:
        ConfigError: If `tta` is unknown.
    """
    if tta not in VIEWS:
        raise ConfigError(f"Unknown test-time augmentation '{tta}'. Known: {', '.join(VIEWS)}.")
    height, width, channels = faces.shape[1:]
    crops = [faces]
    if tta == "ten_crop":
        down, right = height // _CROP_PARTS, width // _CROP_PARTS
        corners = [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]
        parts = [faces[:, y : y + height - down, x : x + width - right] for y, x in corners]
        size = {"height": height, "width": width, "channels": channels}
        crops = [np.stack([to_network_input(face, **size) for face in part]) for part in parts]
    elif tta == "shifts":
        down, right = height // _SHIFT_PARTS, width // _SHIFT_PARTS
        wide = np.pad(faces, ((0, 0), (down, down), (right, right), (0, 0)), mode="edge")
        places = [(y, x) for y in (down, 0, 2 * down) for x in (right, 0, 2 * right)]
        crops = [wide[:, y : y + height, x : x + width] for y, x in places]
    mirrored = [crop[:, :, ::-1] for crop in crops] if tta != "none" else []
    return crops + mirrored
