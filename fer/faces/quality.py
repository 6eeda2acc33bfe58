"""Whether a face on a photo is good enough for a reliable answer, or for one at all."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from fer.faces.face import Face

MIN_RELIABLE_SIDE_PX = 24
"""Shorter side of a face on its photo. Below it `ferplus` is right on 78% of the faces that YuNet
finds, against 81% of large ones, and photos show less of a small face than these experiments."""

MIN_RELIABLE_SHARPNESS = 0.03
"""Below it `ferplus` is right on 46% of the faces, where "neutral" for all would be on 36%; from
0.03 to 0.04 on 64%: over half of what it gains over that on sharp faces, 81%. All figures are in
docs/experiments.md; `bench/measure_reliable.py` measures them."""

TOO_SMALL = "too small to say"
TOO_BLURRED = "too blurred to say"
REASONS = (TOO_SMALL, TOO_BLURRED)
"""Why there is no reliable answer."""
KINDS = ("", *REASONS)
"""What `unreliable_because` can be."""

MIN_SIDE_PX = 40
"""Faces of FER-2013 have 48 px; much below it the network sees enlarged blur."""

MIN_SHARPNESS = 0.06
MIN_BRIGHTNESS = 45
MAX_BRIGHTNESS = 225
MAX_TURN = 0.3

MEASURED_PX = 48


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Measures of a face on its photo.

    Attributes:
        side_px: Shorter side of its box in photo pixels.
        tilt_deg: How far the line of the eyes is turned clockwise; cropping undoes it. None
            where the eyes were not located.
        turn: How far the nose is from the middle of the eyes, in parts of the way from eye to
            eye: 0 from the front, over 0.3 when the head is turned; positive to the photo's right.
            None where they were not located.
        sharpness: Energy of the Laplacian over that of the grey values; near 0 where blurred.
        brightness: Mean grey, 0–255.
    """

    side_px: int
    tilt_deg: float | None
    turn: float | None
    sharpness: float
    brightness: float

    @property
    def unreliable_because(self) -> str:
        """One of `REASONS`; "" where the answer is reliable."""
        if self.side_px < MIN_RELIABLE_SIDE_PX:
            return TOO_SMALL
        return TOO_BLURRED if self.sharpness < MIN_RELIABLE_SHARPNESS else ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the answer less reliable, in a few words each; empty if nothing does."""
        checks = {
            f"small ({self.side_px} px; {MIN_SIDE_PX} or more is better)": (
                self.side_px < MIN_SIDE_PX
            ),
            "blurred": self.sharpness < MIN_SHARPNESS,
            "dark": self.brightness < MIN_BRIGHTNESS,
            "overexposed": self.brightness > MAX_BRIGHTNESS,
            "turned away": abs(self.turn or 0.0) > MAX_TURN,
        }
        return tuple(warning for warning, holds in checks.items() if holds)


def measure(photo: np.ndarray, face: Face | None) -> Quality:
    """Measure one face.

    Args:
        photo: RGB, shape (h, w, 3), uint8.
        face: A face on that photo; None where the whole photo is one tight face.
    """
    x, y, width, height = face.box if face else (0, 0, photo.shape[1], photo.shape[0])
    pixels = photo[y : y + height, x : x + width]
    if not pixels.size:  # a face that was followed beyond a frame of another size
        pixels = np.zeros((1, 1, 3), np.uint8)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    # One size for all, so that a sharp large face and a sharp small one measure alike.
    if min(width, height) > MEASURED_PX:
        grey = cv2.resize(grey, (MEASURED_PX, MEASURED_PX), interpolation=cv2.INTER_AREA)
    tilt_deg, turn = _pose(face.landmarks) if face else (None, None)
    return Quality(
        side_px=min(width, height),
        tilt_deg=tilt_deg,
        turn=turn,
        sharpness=float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(float(grey.var()), 1.0)),
        brightness=float(grey.mean()),
    )


def _pose(landmarks: np.ndarray) -> tuple[float, float]:
    """Tilt and turn, as `Quality` has them."""
    left_eye, right_eye, nose = landmarks[:3].astype(np.float64)
    across = right_eye - left_eye
    apart_px = max(float(np.hypot(*across)), 1.0)
    from_middle = nose - (left_eye + right_eye) / 2
    return math.degrees(math.atan2(across[1], across[0])), float(from_middle @ across) / apart_px**2
