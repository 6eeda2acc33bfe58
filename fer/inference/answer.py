"""The network's answer for a face, as a row and as JSON, and the answers for a photo."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer.faces.quality import Quality

Box = tuple[int, int, int, int]

NO_FACE = "no face found"
"""Why a photo has no answer."""

FIRST_ONLY = "the file holds several images, of which only the first was used"
"""What to know about the answer for an animation, or for a document of several pages."""

_BOX = ("x", "y", "width", "height")


def face_columns(labels: Sequence[str]) -> tuple[str, ...]:
    """Columns of a table of faces; `face` numbers those of a photo or the people of a video."""
    shares = (f"p_{label}" for label in labels)
    row = ("face", *_BOX, "score", "emotion", "confidence", *shares)
    return (*row, "reliable", "unreliable_because")


def by_label(labels: Sequence[str], values: Iterable[float]) -> dict[str, float]:
    """The network's output as probabilities by label."""
    return dict(zip(labels, map(float, values), strict=True))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the network answers.

    Attributes:
        probabilities: By label, in the model's order.
        unreliable_because: Why they mean nothing: one of `fer.faces.quality.REASONS`; "" where
            they are reliable.
    """

    probabilities: Mapping[str, float]
    unreliable_because: str = ""

    @property
    def reliable(self) -> bool:
        """Whether the face was large and sharp enough; if not, the answer counts nowhere."""
        return not self.unreliable_because

    @property
    def verdict(self) -> str:
        """What to show people: the emotion, or why there is no reliable one."""
        return self.unreliable_because or self.emotion

    @property
    def emotion(self) -> str:
        """The most probable label."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """Probability of the most probable label, 0–1."""
        return self.probabilities[self.emotion]

    def to_row(self) -> dict[str, Any]:
        """Values by column, probabilities rounded to four places."""
        shares = {f"p_{label}": round(share, 4) for label, share in self.probabilities.items()}
        return {
            "emotion": self.emotion,
            "confidence": round(self.confidence, 4),
            **shares,
            "reliable": str(self.reliable).lower(),
            "unreliable_because": self.unreliable_because,
        }


@dataclass(frozen=True, kw_only=True)
class FaceAnswer(Answer):
    """What the network answers for a face on a photo or a frame.

    Attributes:
        number: From 1: which face of the photo it is, or which person of the video, whose
            probabilities are smoothed; see `fer.inference.tracking.Track`.
        box: x, y, width, height in pixels; it may extend beyond the edge.
        score: The detector's confidence, 0–1, the latest one of a person; None where the whole
            photo was taken as the face.
    """

    number: int
    box: Box
    score: float | None

    def to_row(self) -> dict[str, Any]:
        """Values by the columns of `face_columns`."""
        place = dict(zip(_BOX, self.box, strict=True))
        score = "" if self.score is None else f"{self.score:.3f}"
        return {"face": self.number, **place, "score": score, **super().to_row()}

    @staticmethod
    def from_row(row: Mapping[str, str]) -> "FaceAnswer":
        """The person of a row that was written as text."""
        named = [name for name in row if name and name.startswith("p_")]  # None: surplus values
        x, y, width, height = (int(row[name]) for name in _BOX)
        return FaceAnswer(
            number=int(row["face"]),
            box=(x, y, width, height),
            score=float(row["score"]),
            probabilities={name[2:]: float(row[name]) for name in named},
            unreliable_because=row["unreliable_because"],
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, not rounded."""
        return {
            "number": self.number,
            "box": list(self.box),
            "score": self.score,
            "emotion": self.emotion,
            "confidence": self.confidence,
            "probabilities": dict(self.probabilities),
            "reliable": self.reliable,
            "unreliable_because": self.unreliable_because,
        }


@dataclass(frozen=True, kw_only=True)
class FacePrediction(FaceAnswer):
    """A face of a photo.

    Attributes:
        quality: How usable the face is.
        crop: The pixels that the network saw, shape (height, width, channels), uint8.
    """

    quality: Quality
    crop: np.ndarray


@dataclass(frozen=True, kw_only=True)
class PhotoFaces:
    """The faces of one photo.

    Attributes:
        size: Width and height of the upright photo in pixels.
        detector: The name of the detector that searched it; `none` if none did.
        faces: Largest first; empty where none was found.
        timings_ms: Milliseconds by step: `decode`, `detect`, `align`, `classify`.
        is_first_of_several: Whether the file holds more images: frames of an animation, or pages.
    """

    size: tuple[int, int]
    detector: str
    faces: tuple[FacePrediction, ...]
    timings_ms: dict[str, float]
    is_first_of_several: bool = False

    @property
    def note(self) -> str:
        """What to know about the answer; "" if nothing."""
        return FIRST_ONLY if self.is_first_of_several else ""


@dataclass(frozen=True, kw_only=True)
class PhotoPrediction(PhotoFaces):
    """One photo's faces, with the upright photo: RGB, shape (height, width, 3), uint8."""

    photo: np.ndarray
