"""A person's answer to the question whether the model was right, as a correction."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from PIL import Image

from fer.feedback import consent
from fer.feedback.records import Correction, Verdict, now
from fer.inference.answer import Box, FacePrediction
from fer.models.card import ModelCard

LARGER_CROP_PX = 192
"""Longer side of a larger crop, at most."""
_MARGIN = 0.5


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a person is asked about: the model's answer for one face.

    Attributes:
        face: The face with the model's answer.
        card: The model's.
        detector: The name of the detector that found the face; `none` if none searched.
        source: Which page asks: `predict`, `live` or `video`.
        read_photo: Returns the upright photo, RGB, shape (height, width, 3), uint8. It is called
            for a larger crop alone.
    """

    face: FacePrediction
    card: ModelCard
    detector: str
    source: str
    read_photo: Callable[[], np.ndarray]

    @cached_property
    def identity(self) -> str:
        """Equal for the same face and model: nobody needs to be asked twice."""
        pixels = np.ascontiguousarray(self.face.crop).tobytes()
        return hashlib.sha256(f"{self.card.model_sha256} ".encode() + pixels).hexdigest()

    @property
    def verdicts(self) -> tuple[str, ...]:
        """Everything that a person can answer."""
        return (*self.card.labels, *Verdict)

    @property
    def has_larger_crop(self) -> bool:
        """Whether there is one: never of a photo that is one face, which would be the photo."""
        return self.face.score is not None

    @cached_property
    def larger_crop(self) -> np.ndarray:
        """The face with its surroundings, RGB, shape (height, width, 3), uint8.

        Raises:
            ImageError: If the photo cannot be read any more.
        """
        return larger_crop(self.read_photo(), self.face.box)

    def correction(
        self, verdict: str, *, id: str, contributor: str, with_larger_crop: bool = False
    ) -> Correction:
        """What would be kept of an answer.

        Args:
            verdict: One of `verdicts`.
            id: A random UUID. The store takes the same one once, however often it is sent.
            contributor: The hash of the contributor's key.
            with_larger_crop: Whether the person chose to add that.

        Raises:
            FeedbackError: If the verdict is none of those.
            ImageError: If the larger crop cannot be made.
        """
        face = self.face
        return Correction(
            id=id,
            created=now(),
            contributor=contributor,
            consent=consent.VERSION,
            source=self.source,
            model=self.card.name,
            model_sha256=self.card.model_sha256,
            labels=self.card.labels,
            probabilities=tuple(face.probabilities[label] for label in self.card.labels),
            verdict=verdict,
            crop=png(face.crop),
            larger_crop=png(self.larger_crop)
            if with_larger_crop and self.has_larger_crop
            else None,
            detector=self.detector if self.has_larger_crop else "",
            side_px=float(face.quality.side_px),
            sharpness=face.quality.sharpness,
            unreliable_because=face.unreliable_because,
        )


def larger_crop(photo: np.ndarray, box: Box) -> np.ndarray:
    """A face with half its size around it, as far as the photo reaches, at 192 px or less.

    Args:
        photo: RGB, shape (h, w, 3), uint8.
        box: x, y, width, height of the face in pixels.
    """
    x, y, width, height = box
    across, down = round(width * _MARGIN), round(height * _MARGIN)
    left, top = max(x - across, 0), max(y - down, 0)
    right, bottom = x + width + across, y + height + down
    crop = photo[top : max(bottom, top + 1), left : max(right, left + 1)]
    scale = LARGER_CROP_PX / max(crop.shape[:2])
    if scale >= 1:
        return crop
    size = (max(round(crop.shape[1] * scale), 1), max(round(crop.shape[0] * scale), 1))
    return cv2.resize(crop, size, interpolation=cv2.INTER_AREA)


def png(pixels: np.ndarray) -> bytes:
    """An image without loss: shape (h, w, 1) or (h, w, 3), uint8."""
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
    return buffer.getvalue()
