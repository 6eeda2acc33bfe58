"""Drawn grey faces whose expression follows the Facial Action Coding System (FACS).

The data set of a machine that has no other. A face is a set of action units (what the muscles
do), a person (who does it) and a shot (how it was photographed); only the first depends on the
emotion. The faces are cartoons: a figure measured on them does not apply to real people.

Their difficulty is set so that a network of four convolutions learns them in a minute, to about
97% on other people, with fear and surprise as the pair it confuses most.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fer import emotions
from fer.errors import ConfigError

_OVERSAMPLING = 4
_ALONG = np.linspace(-1.0, 1.0, 13)  # along a lid, a lip, a shadow
_ANGLES = np.linspace(0.0, 2 * np.pi, 28, endpoint=False)
_COS, _SIN = np.cos(_ANGLES), np.sin(_ANGLES)


@dataclass(frozen=True, kw_only=True)
class ActionUnits:
    """How strongly each muscle group acts, from 0 (at rest) to 1 (all the way).

    Numbers are the action units of Ekman & Friesen, Facial Action Coding System (1978; 2002).
    """

    brow_inner: float = 0.0  # 1 inner brow raiser
    brow_outer: float = 0.0  # 2 outer brow raiser
    brow_lower: float = 0.0  # 4 brow lowerer
    lid_raise: float = 0.0  # 5 upper lid raiser
    cheek_raise: float = 0.0  # 6 cheek raiser
    lid_tight: float = 0.0  # 7 lid tightener
    nose_wrinkle: float = 0.0  # 9 nose wrinkler
    lip_raise: float = 0.0  # 10 upper lip raiser
    corner_pull: float = 0.0  # 12 lip corner puller
    dimple: float = 0.0  # 12 + 14 on one side only
    corner_drop: float = 0.0  # 15 lip corner depressor
    chin_raise: float = 0.0  # 17 chin raiser
    lip_stretch: float = 0.0  # 20 lip stretcher
    lip_press: float = 0.0  # 23 + 24 lip tightener and pressor
    lips_part: float = 0.0  # 25 lips part
    jaw_drop: float = 0.0  # 26 + 27 jaw drop and mouth stretch


PROTOTYPES: dict[str, ActionUnits] = {
    "angry": ActionUnits(
        brow_lower=1.0, lid_raise=0.4, lid_tight=0.9, lip_press=1.0, chin_raise=0.3
    ),
    "disgust": ActionUnits(
        brow_lower=0.5, cheek_raise=0.4, nose_wrinkle=1.0, lip_raise=0.9, corner_drop=0.3,
        chin_raise=0.4,
    ),
    "fear": ActionUnits(
        brow_inner=0.9, brow_outer=0.75, brow_lower=0.45, lid_raise=0.9, lid_tight=0.2,
        lip_stretch=0.6, lips_part=0.6, jaw_drop=0.5,
    ),
    "happy": ActionUnits(cheek_raise=0.8, corner_pull=1.0, lips_part=0.7, jaw_drop=0.1),
    "neutral": ActionUnits(),
    "sad": ActionUnits(brow_inner=1.0, brow_lower=0.5, corner_drop=1.0, chin_raise=0.5),
    "surprise": ActionUnits(
        brow_inner=0.9, brow_outer=0.9, lid_raise=0.9, lips_part=0.6, jaw_drop=0.75
    ),
    "contempt": ActionUnits(dimple=1.0, lid_tight=0.2),
}  # fmt: skip
"""What each emotion does to a face at full intensity, after the prediction table of EMFACS
(Friesen & Ekman, EMFACS-7, 1983; Ekman, Friesen & Hager, FACS Investigator's Guide, 2002)."""


class _Person:
    """Who is drawn. Lengths are in half face heights, shades are grey values."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.skin = rng.uniform(90, 215)
        self.hair = rng.uniform(15, 80) if rng.random() < 0.75 else rng.uniform(80, 190)
        self.lips = self.skin * rng.uniform(0.6, 0.8)
        self.background = rng.uniform(10, 245)
        self.clutter = self.background + rng.uniform(-50, 50)
        self.clutter_x = rng.uniform(-1.2, 1.2)
        self.width = rng.uniform(0.7, 0.84)
        self.taper = rng.uniform(0.08, 0.3)
        self.eye_x = rng.uniform(0.34, 0.41)
        self.eye_y = rng.uniform(-0.25, -0.17)
        self.eye_size = rng.uniform(0.9, 1.15)
        self.iris = rng.uniform(15, 80)
        self.brow_y = self.eye_y - rng.uniform(0.2, 0.26)
        self.brow_tilt = rng.normal(0, 0.01)
        self.brow_width = rng.uniform(0.045, 0.095)
        self.nose_y = rng.uniform(0.16, 0.25)
        self.nose_width = rng.uniform(0.13, 0.19)
        self.mouth_y = rng.uniform(0.51, 0.58)
        self.mouth_width = rng.uniform(0.27, 0.36)
        self.mouth_lift = rng.normal(0, 0.008)
        self.lip_height = rng.uniform(0.045, 0.085)
        self.bald = rng.random() < 0.12
        self.hairline = rng.uniform(-0.95, -0.65)
        self.parting = rng.uniform(-0.15, 0.15)
        self.hair_end = rng.uniform(-0.4, 1.4)
        self.hair_volume = rng.uniform(1.04, 1.3)
        self.beard = rng.uniform(0.25, 0.6) if rng.random() < 0.15 else 0.0
        self.glasses = rng.random() < 0.12


class _Pen:
    """A canvas in face coordinates: x to the right, y down, the face from -1 to 1."""

    def __init__(self, size: int, background: float, rng: np.random.Generator) -> None:
        side = size * _OVERSAMPLING
        roll, self._yaw = rng.normal(0, 0.09), rng.normal(0, 0.09)
        self._unit = rng.uniform(0.46, 0.55) * side
        turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        self._axes = turn * self._unit
        self._origin = side * (0.5 + rng.normal(0, 0.02, (2, 1)))
        self.canvas: np.ndarray = np.full((side, side), background, np.uint8)

    def _place(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        turned = x + self._yaw * np.maximum(1 - x * x - 0.4 * y * y, 0)  # the middle is nearest
        pixels: np.ndarray = np.rint(self._axes @ np.array((turned, y)) + self._origin)
        return pixels.T.astype(np.int32, order="C")  # to (n, 2)

    def fill(self, x: np.ndarray, y: np.ndarray, shade: float) -> None:
        cv2.fillPoly(self.canvas, [self._place(x, y)], shade)

    def between(self, x: np.ndarray, upper: np.ndarray, lower: np.ndarray, shade: float) -> None:
        self.fill(np.concatenate((x, x[::-1])), np.concatenate((upper, lower[::-1])), shade)

    def oval(self, x: float, y: float, width: float, height: float, shade: float) -> None:
        self.fill(x + width * _COS, y + height * _SIN, shade)

    def line(self, x: np.ndarray, y: np.ndarray, shade: float, width: float) -> None:
        thickness = max(1, round(width * self._unit))
        cv2.polylines(self.canvas, [self._place(x, y)], False, shade, thickness)

    def soften(self) -> None:
        """Turn all that is drawn so far into soft shadows."""
        side = 2 * round(0.03 * self._unit) + 1
        for _ in range(2):  # two box filters make a tent, at a quarter of a Gaussian's cost
            self.canvas = cv2.blur(self.canvas, (side, side))


def _draw_head(pen: _Pen, who: _Person, units: ActionUnits) -> None:
    x = who.width * np.sign(_COS) * np.abs(_COS) ** 0.85 * (1 - who.taper * np.maximum(_SIN, 0))
    y = _SIN * np.where(_SIN > 0, 1.0 + 0.12 * units.jaw_drop, 1.08)
    jaw, crown = y > 0.1, y < -0.3
    shadow, glow = who.skin * 0.75, min(who.skin * 1.08, 250)
    pen.oval(who.clutter_x, 0, 0.35, 2, who.clutter)
    if not who.bald:
        middle = (who.hair_end - 1.2) / 2
        pen.oval(0, middle, who.width * who.hair_volume, middle + 1.2, who.hair)
    pen.oval(0, 1.2, who.width * 0.62, 0.7, who.skin * 0.6)  # neck
    for side in (-1, 1):
        pen.oval(side * who.width, -0.05, 0.1, 0.2, shadow)  # ear
    pen.fill(x, y, who.skin * 0.78)
    pen.fill(x * 0.88, y * 0.92, who.skin)
    for side in (-1, 1):
        pen.oval(side * who.eye_x, who.eye_y - 0.05, 0.2, 0.12, shadow)
        pen.line(side * np.array([0.1, 0.09]), np.array([who.eye_y, 0.05]), shadow, 0.05)
        pen.oval(side * 0.42, 0.16, 0.14, 0.1, glow)  # cheekbone
    pen.oval(0, who.nose_y + 0.04, who.nose_width * 1.15, 0.08, shadow)
    pen.oval(0, who.nose_y - 0.03, who.nose_width * 0.5, 0.1, glow)
    pen.oval(0, who.mouth_y + 0.21 + 0.2 * units.jaw_drop, 0.16, 0.04, shadow)
    if who.beard:
        shade = who.skin * (1 - who.beard) + who.hair * who.beard
        cheeks = 0.5 - 0.12 * (1 - _ALONG**2)
        pen.fill(np.concatenate((x[jaw], 0.4 * _ALONG)), np.concatenate((y[jaw], cheeks)), shade)
    _draw_creases(pen, who, units)
    if not who.bald:
        hairline = np.minimum(who.hairline + 0.5 * _ALONG**2 + who.parting * _ALONG, -0.3)
        outline = np.concatenate((x[crown] * 1.04, -who.width * _ALONG))
        pen.fill(outline, np.concatenate((y[crown] * 1.04, hairline)), who.hair)
    pen.soften()


def _draw_creases(pen: _Pen, who: _Person, units: ActionUnits) -> None:
    bow = 1 - _ALONG**2

    def crease(x: np.ndarray, y: np.ndarray, strength: float, width: float) -> None:
        if strength > 0.15:
            pen.line(x, y, who.skin * (1 - 0.6 * strength), width)

    for height in (-0.25, -0.36):  # the forehead, when the whole brow goes up
        rise = min(units.brow_inner, units.brow_outer)
        crease(0.4 * _ALONG, who.brow_y + height - 0.05 * bow, rise, 0.03)
    for side in (-1, 1):
        furrow = who.brow_y + np.array([-0.08, 0.1])
        crease(side * np.array([0.06, 0.05]), furrow, units.brow_lower, 0.04)
        for height in (0.0, 0.09, 0.18):  # across the bridge of the nose
            y = who.eye_y + height + np.array([0.0, -0.06])
            crease(side * np.array([0.03, 0.16]), y, units.nose_wrinkle, 0.035)
        fold = who.nose_width + 0.06 + 0.08 * (1 + units.corner_pull) * (_ALONG + 1) + 0.06 * bow
        strength = max(units.corner_pull, units.lip_raise, units.nose_wrinkle)
        crease(side * fold, who.nose_y + 0.16 + 0.18 * _ALONG, strength * 0.8, 0.05)
        bag = who.eye_y + 0.13 + 0.05 * bow
        crease(side * (who.eye_x + 0.17 * _ALONG), bag, units.cheek_raise * 0.6, 0.04)


def _draw_eye(pen: _Pen, who: _Person, units: ActionUnits, side: int) -> None:
    half = 0.17 * who.eye_size
    squeeze = 0.03 * units.lid_tight + 0.02 * units.nose_wrinkle
    above = 0.085 + 0.08 * units.lid_raise - squeeze
    below = max(0.055 - 0.03 * units.cheek_raise - squeeze, 0)
    x = side * who.eye_x + half * _ALONG
    upper = who.eye_y - above * who.eye_size * (1 - _ALONG**2)
    lower = who.eye_y + below * who.eye_size * (1 - _ALONG**2)
    pen.between(x, upper, lower, min(who.skin * 0.45 + 130, 245))
    iris_x = side * who.eye_x + 0.08 * _COS
    iris_y = who.eye_y - 0.02 + 0.08 * _SIN
    lids = np.interp(iris_x, x, upper), np.interp(iris_x, x, lower)
    pen.fill(iris_x, np.clip(iris_y, *lids), who.iris)
    pen.line(x, upper, who.skin * 0.25, 0.035)
    pen.line(x, lower, who.skin * 0.6, 0.02)
    if who.glasses:
        x, y = side * who.eye_x + 0.25 * _COS, who.eye_y + 0.02 + 0.2 * _SIN
        pen.line(np.append(x, x[0]), np.append(y, y[0]), 35, 0.03)
        pen.line(side * np.array([0.0, 0.13]), who.eye_y + np.array([-0.02, 0.0]), 35, 0.03)


def _draw_brow(pen: _Pen, who: _Person, units: ActionUnits, side: int) -> None:
    out = (_ALONG + 1) / 2  # 0 beside the nose, 1 at the temple
    inner = 0.16 * units.brow_lower + 0.05 * units.nose_wrinkle - 0.15 * units.brow_inner
    outer = 0.04 * units.brow_lower - 0.14 * units.brow_outer + who.brow_tilt
    arch = 0.05 + 0.03 * units.brow_outer - 0.04 * units.brow_lower
    start = 0.17 - 0.06 * units.brow_lower
    height = inner * (1 - out) + outer * out - arch * (1 - _ALONG**2)
    shade = min(who.hair, who.skin * 0.55)
    pen.line(side * (start + (0.6 - start) * out), who.brow_y + height, shade, who.brow_width)


def _draw_mouth(pen: _Pen, who: _Person, units: ActionUnits) -> None:
    wider = 0.28 * units.corner_pull + 0.3 * units.lip_stretch
    narrower = 0.25 * units.jaw_drop + 0.1 * units.lip_press
    x = who.mouth_width * (1 + wider - narrower) * _ALONG
    bow = 1 - np.abs(_ALONG) ** (2 + 2 * units.lip_stretch)
    lift = 0.17 * units.corner_pull - 0.14 * units.corner_drop - 0.04 * units.lip_stretch
    corners = lift + who.mouth_lift + np.where(_ALONG > 0, 0.16 * units.dimple, 0)
    middle = who.mouth_y + 0.35 * lift - 0.05 * units.chin_raise - 0.07 * units.lip_raise
    closed = middle - corners * _ALONG**2
    gap = (0.09 * units.lips_part + 0.36 * units.jaw_drop + 0.03 * units.lip_raise) * bow
    upper, lower = closed - 0.25 * gap, closed + 0.75 * gap
    lip = who.lip_height * (1 - 0.75 * units.lip_press) * bow
    pen.between(x, upper - lip, lower + 1.25 * lip, who.lips)
    if gap.max() > 0.05:
        pen.between(x, upper, lower, who.skin * 0.15)
        teeth = 0.04 + 0.05 * max(units.corner_pull, units.lip_stretch)
        white = min(who.skin * 0.4 + 130, 235)
        pen.between(x * 0.9, upper, np.minimum(upper + teeth, lower), white)
    pen.line(x, upper, who.skin * 0.3, 0.025)
    for side in (-1, 1):
        nostril = who.nose_y + 0.07 - 0.04 * units.nose_wrinkle
        pen.oval(side * who.nose_width * 0.55, nostril, 0.045, 0.025, who.skin * 0.35)


def _expose(pen: _Pen, size: int, rng: np.random.Generator) -> np.ndarray:
    """Photograph the drawing: focus, light from one side, contrast, sensor noise."""
    small = cv2.resize(pen.canvas, (size, size), interpolation=cv2.INTER_AREA)
    image: np.ndarray = cv2.GaussianBlur(small, (5, 5), rng.uniform(0.2, 0.9)).astype(float)
    ramp = np.linspace(-1, 1, size)
    across, down = rng.normal(0, 0.16, 2)
    image *= 1 + across * ramp + down * ramp[:, None]
    image = 128 + (image - 128) * rng.uniform(0.65, 1.2) + rng.normal(0, 14)
    image += rng.normal(0, rng.uniform(1, 6), (size, size))
    return np.rint(image).clip(0, 255).astype(np.uint8)


def _contract(prototype: ActionUnits, intensity: float, rng: np.random.Generator) -> ActionUnits:
    """The prototype as one face shows it: unevenly, and never quite at rest elsewhere."""
    pattern = vars(prototype)
    share = rng.uniform(0.6, 1.2, len(pattern))
    rest = rng.normal(0, 0.05, len(pattern))
    rest[list(pattern).index("dimple")] = 0.0
    values = np.clip(intensity * share * np.array(list(pattern.values())) + rest, 0, 1)
    return ActionUnits(**dict(zip(pattern, values.tolist(), strict=True)))


def draw_face(
    emotion: str, *, seed: int, intensity: float | None = None, size: int = 48
) -> np.ndarray:
    """Draw one face.

    One seed is one person in one shot: only what the muscles do changes with the emotion.

    Args:
        emotion: A label or alias of `emotions.ALL`.
        seed: Any non-negative integer.
        intensity: From 0 (the neutral face of this seed) to 1; None lets the seed choose.
        size: Height and width in pixels.

    Returns:
        Grey pixels, shape (size, size), uint8, framed as in FER-2013.

    Raises:
        LabelError: If the emotion is not known.
        ConfigError: If the intensity is outside 0–1.
    """
    prototype = PROTOTYPES[emotions.canonical(emotion)]
    if intensity is not None and not 0 <= intensity <= 1:
        raise ConfigError(f"Intensity {intensity} is outside 0–1. Use 1 for the full expression.")
    rng = np.random.default_rng(seed)
    chosen = rng.uniform(0.6, 1.0)
    units = _contract(prototype, chosen if intensity is None else intensity, rng)
    who = _Person(rng)
    pen = _Pen(size, who.background, rng)
    _draw_head(pen, who, units)
    for side in (-1, 1):
        _draw_eye(pen, who, units, side)
        _draw_brow(pen, who, units, side)
    _draw_mouth(pen, who, units)
    return _expose(pen, size, rng)


def face_seeds(count: int, *, seed: int) -> list[int]:
    """The seed of each person in a data set of drawn faces."""
    return [int(one) for one in np.random.SeedSequence(seed).generate_state(count, np.uint64)]
