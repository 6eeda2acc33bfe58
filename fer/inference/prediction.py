"""What is said about the faces of a photo."""

from dataclasses import dataclass, field

import numpy as np

from fer.faces.quality import Quality

Box = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class FacePrediction:
    """What the network said about one face.

    Attributes:
        box: x, y, width, height in photo pixels; it may reach over the photo's edge.
        score: The detector's confidence, 0–1; None where the whole picture was taken as the face.
        quality: How the face lies on the photo; None where the whole picture was taken.
        probabilities: Probability by label, in the model's order; they sum to 1.
        crop: The pixels that the network saw, shape (height, width, channels), uint8.
    """

    box: Box
    score: float | None
    quality: Quality | None = None
    probabilities: dict[str, float]
    crop: np.ndarray

    @property
    def emotion(self) -> str:
        """The most probable label."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """Probability of the most probable label, 0–1."""
        return max(self.probabilities.values())


@dataclass(frozen=True, kw_only=True)
class PhotoFaces:
    """What was found on one photo.

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
