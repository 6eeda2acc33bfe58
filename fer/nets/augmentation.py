"""Random variations of training faces, in NumPy and OpenCV so that every backend can use them.

One affine warp does rotation, zoom, shift and flip at once. At 48×48 it takes some 20 µs a
face on one core, a tenth of a network's training step, and runs in parallel with it.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fer import options
from fer.options import option

_JPEG_QUALITY = (15, 80)


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How far training faces are varied; zero switches a variation off."""

    flip: bool = option(True, "Mirror every second face.")
    rotation_deg: float = option(15.0, "Rotate by up to this many degrees either way.", 0, 180)
    zoom: float = option(0.15, "Scale by up to this share, up or down.", 0, 0.9)
    shift: float = option(0.1, "Move by up to this share of the side, each way.", 0, 0.5)
    crop: float = option(
        0.0, "Cut away up to this share of the side, and enlarge the rest.", 0, 0.6
    )
    brightness: float = option(
        0.1, "Brighten or darken by up to this share of the full range.", 0, 1
    )
    contrast: float = option(0.2, "Raise or lower contrast by up to this share.", 0, 0.95)
    blur: float = option(0.0, "Chance of blur, as from a moving or distant camera.", 0, 1)
    coarse: float = option(0.0, "Chance of a lower resolution, down to a third of the side.", 0, 1)
    shade: float = option(0.0, "Light from one side: by up to this share of the full range.", 0, 1)
    jpeg: float = option(0.0, "Chance of visible JPEG compression.", 0, 1)
    erase: float = option(0.25, "Chance that noise covers a rectangle (Zhong et al. 2020).", 0, 1)
    mixup: float = option(
        0.0, "Blend faces and targets: the a of Beta(a, a) (Zhang et al. 2018).", 0, 4
    )
    cutmix: float = option(
        0.0, "Paste a part of another face: the a of Beta(a, a) (Yun et al. 2019).", 0, 4
    )

    def __post_init__(self) -> None:
        options.check(self, prefix="augmentation.")

    def apply(self, faces: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Vary each face by itself.

        Args:
            faces: Shape (n, height, width, channels), uint8. Left as it is.
            rng: Source of the randomness.

        Returns:
            The same shape and dtype.
        """
        height, width, channels = faces.shape[1:]
        n = len(faces)
        out = np.empty_like(faces)
        angle = np.deg2rad(rng.uniform(-self.rotation_deg, self.rotation_deg, n))
        scale = rng.uniform(1 - self.zoom, 1 + self.zoom, n)
        move = rng.uniform(-self.shift, self.shift, (n, 2)) * (width, height)
        if self.crop:
            cut = rng.uniform(0, self.crop, n)
            scale /= 1 - cut
            where = rng.uniform(-0.5, 0.5, (n, 2)) * (cut / (1 - cut))[:, None]
            move += where * (width, height)
        mirror = np.where(rng.random(n) < 0.5, -1.0, 1.0) if self.flip else np.ones(n)
        gain = rng.uniform(1 - self.contrast, 1 + self.contrast, n)
        bias = rng.uniform(-self.brightness, self.brightness, n) * 255
        erased = rng.random(n) < self.erase
        blurred, spread = rng.random(n) < self.blur, rng.uniform(0.4, 1.5, n)
        coarse, kept = rng.random(n) < self.coarse, rng.uniform(1 / 3, 1, n)
        shaded = self._shades(faces.shape, rng) if self.shade else None
        # Drawn only if asked for, so that older configurations keep their random numbers.
        compressed = rng.random(n) < self.jpeg if self.jpeg else np.zeros(n, bool)
        quality = rng.integers(*_JPEG_QUALITY, n) if self.jpeg else np.zeros(n, int)
        cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
        center = np.array([(width - 1) / 2, (height - 1) / 2])
        for i in range(n):
            linear = np.array([[cos[i] * mirror[i], -sin[i]], [sin[i] * mirror[i], cos[i]]])
            offset = center + move[i] - linear @ center
            face = cv2.warpAffine(
                faces[i],
                np.column_stack([linear, offset]),
                (width, height),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            if shaded is not None:
                face = cv2.add(face, shaded[i], dtype=cv2.CV_8U)
            if blurred[i]:
                face = cv2.GaussianBlur(face, (0, 0), spread[i] * width / 48)
            if coarse[i]:
                small = max(1, round(width * kept[i])), max(1, round(height * kept[i]))
                face = cv2.resize(face, small, interpolation=cv2.INTER_AREA)
                face = cv2.resize(face, (width, height), interpolation=cv2.INTER_LINEAR)
            mean = float(face.mean())
            levels = np.arange(256) * gain[i] + (1 - gain[i]) * mean + bias[i]
            face = cv2.LUT(face, np.clip(levels, 0, 255).astype(np.uint8))
            if compressed[i]:
                _, file = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, int(quality[i])])
                decoded = cv2.imdecode(file, cv2.IMREAD_UNCHANGED)
                assert decoded is not None
                face = decoded
            out[i] = face.reshape(height, width, channels)
            if erased[i]:
                _erase(out[i], rng)
        return out

    def _shades(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """What light from one side adds to each face, shape (n, height, width, channels), int16."""
        n, height, width, channels = shape
        way, strength = rng.uniform(0, 2 * np.pi, n), rng.uniform(0, self.shade, n) * 255
        x = np.linspace(-1, 1, width)[None, None] * np.cos(way)[:, None, None]
        y = np.linspace(-1, 1, height)[None, :, None] * np.sin(way)[:, None, None]
        slope = (strength[:, None, None] * (x + y) / 2).astype(np.int16)
        return np.repeat(slope[..., None], channels, axis=-1)

    def mix(
        self, faces: np.ndarray, targets: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mix the faces of a batch in pairs, and their targets in the same shares.

        Where both mixup and cutmix are on, a batch gets one of them by chance.

        Args:
            faces: Shape (n, height, width, channels), uint8.
            targets: Shape (n, classes), float32.
            rng: Source of the randomness.

        Returns:
            The same shapes and dtypes.
        """
        ways = [name for name in ("mixup", "cutmix") if getattr(self, name)]
        if not ways or len(faces) < 2:
            return faces, targets
        way = ways[rng.integers(len(ways))]
        strength = getattr(self, way)
        share = float(rng.beta(strength, strength))
        other = rng.permutation(len(faces))
        if way == "mixup":
            mixed = cv2.addWeighted(faces, share, faces[other], 1 - share, 0)
        else:
            mixed, share = _paste(faces, other, share, rng)
        return mixed, (share * targets + (1 - share) * targets[other]).astype(np.float32)


def _paste(
    faces: np.ndarray, other: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """One rectangle of every face from its partner, and the share of pixels that stay."""
    height, width = faces.shape[1:3]
    rows, columns = (round(side * np.sqrt(1 - share)) for side in (height, width))
    top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    mixed = faces.copy()
    area = np.s_[:, top : top + rows, left : left + columns]
    mixed[area] = faces[other][area]
    return mixed, 1 - rows * columns / (height * width)


def _erase(face: np.ndarray, rng: np.random.Generator) -> None:
    """Overwrite a rectangle of 2–20% of the face with noise, in place."""
    height, width, channels = face.shape
    area = rng.uniform(0.02, 0.2) * height * width
    aspect = np.exp(rng.uniform(np.log(0.3), np.log(3.3)))
    rows = min(height, max(1, round(np.sqrt(area * aspect))))
    columns = min(width, max(1, round(np.sqrt(area / aspect))))
    top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    noise = rng.integers(0, 256, (rows, columns, channels), dtype=np.uint8)
    face[top : top + rows, left : left + columns] = noise
