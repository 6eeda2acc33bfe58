"""Whether a face on a photo is good enough for a reliable answer."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from fer.faces.face import Face

MIN_SIDE_PX = 40
"""Faces of FER-2013 have 48 px; much below it the network sees enlarged blur."""

MIN_SHARPNESS = 0.06
MIN_BRIGHTNESS = 45
MAX_BRIGHTNESS = 225
MAX_TURN = 0.3

_MEASURED_PX = 48


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Measures of a face on its photo.

    Attributes:
        side_px: Shorter side of its box in photo pixels.
        tilt_deg: How far the line of the eyes is turned clockwise; cropping undoes it.
        turn: How far the nose is from the middle of the eyes, in parts of the way from eye to
            eye: 0 from the front, over 0.3 when the head is turned; positive to the photo's right.
        sharpness: Energy of the Laplacian over that of the grey values; near 0 where blurred.
        brightness: Mean grey, 0–255.
    """

    side_px: int
    tilt_deg: float
    turn: float
    sharpness: float
    brightness: float

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the answer less reliable, in a few words each; empty if nothing does."""
        checks = {
            f"too small ({self.side_px} px; {MIN_SIDE_PX} or more is better)": (
                self.side_px < MIN_SIDE_PX
            ),
            "blurred": self.sharpness < MIN_SHARPNESS,
            "dark": self.brightness < MIN_BRIGHTNESS,
            "overexposed": self.brightness > MAX_BRIGHTNESS,
            "turned away": abs(self.turn) > MAX_TURN,
        }
        return tuple(warning for warning, holds in checks.items() if holds)


def measure(photo: np.ndarray, face: Face) -> Quality:
    """Measure one face.

    Args:
        photo: RGB, shape (h, w, 3), uint8.
        face: A face on that photo.
    """
    x, y, width, height = face.box
    grey = cv2.cvtColor(photo[y : y + height, x : x + width], cv2.COLOR_RGB2GRAY)
    # One size for all, so that a sharp large face and a sharp small one measure alike.
    if min(width, height) > _MEASURED_PX:
        grey = cv2.resize(grey, (_MEASURED_PX, _MEASURED_PX), interpolation=cv2.INTER_AREA)
    left_eye, right_eye, nose = face.landmarks[:3].astype(np.float64)
    across = right_eye - left_eye
    apart_px = max(float(np.hypot(*across)), 1.0)
    from_middle = nose - (left_eye + right_eye) / 2
    return Quality(
        side_px=min(width, height),
        tilt_deg=math.degrees(math.atan2(across[1], across[0])),
        turn=float(from_middle @ across) / apart_px**2,
        sharpness=float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(float(grey.var()), 1.0)),
        brightness=float(grey.mean()),
    )
