"""The faces of a photo and the network's answers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fer.faces.quality import Quality
from fer.inference.answer import FaceAnswer


@dataclass(frozen=True, kw_only=True)
class FacePrediction(FaceAnswer):
    """A face of a photo.

    Attributes:
        quality: How usable the face is; None where the whole photo was taken as the face.
        crop: The pixels that the network saw, shape (height, width, channels), uint8.
    """

    quality: Quality | None = None
    crop: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """Plain values, not rounded."""
        return {"box": list(self.box), "score": self.score, **super().to_json()}


@dataclass(frozen=True, kw_only=True)
class PhotoFaces:
    """The faces of one photo.

    Attributes:
        size: Width and height of the upright photo in pixels.
        faces: Largest first; empty where none was found.
        timings_ms: Milliseconds by step: `decode`, `detect`, `align`, `classify`.
    """

    size: tuple[int, int]
    faces: tuple[FacePrediction, ...]
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PhotoPrediction(PhotoFaces):
    """One photo's faces, with the photo.

    Attributes:
        photo: The decoded, upright photo, RGB, shape (height, width, 3), uint8.
    """

    photo: np.ndarray
