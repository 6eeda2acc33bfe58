"""What is kept of a correction, of its review, and of a model that took another's place."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from fer.errors import FeedbackError


class Verdict(StrEnum):
    """What a person may answer instead of one of the model's emotions."""

    SEVERAL = "several"
    NOT_A_FACE = "not_a_face"
    CANNOT_TELL = "cannot_tell"


_WORDS: dict[str, str] = {
    Verdict.SEVERAL: "several emotions",
    Verdict.NOT_A_FACE: "not a face",
    Verdict.CANNOT_TELL: "can’t tell",
}


def in_words(verdict: str) -> str:
    """A verdict as people read it."""
    return _WORDS.get(verdict, verdict)


class Status(StrEnum):
    """What became of a correction."""

    NEW = "new"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


SOURCES = ("predict", "video", "live", "api")
"""Where people correct answers."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What one person answered about one face: never the photo, a name or an address.

    Attributes:
        id: A UUID that the sender makes: the same id sent twice is one correction.
        created: When the person decided to keep it, with its time zone.
        contributor: A hash of the contributor's random key (`store.contributor_id`).
        consent: The version of the consent text that the person agreed to.
        source: One of `SOURCES`.
        model: Name of the model that answered.
        model_sha256: Checksum of that model's network.
        labels: The model's emotions, in its order.
        probabilities: The model's answer, one for each label, 0–1.
        verdict: One of the labels, or a `Verdict`.
        crop: The network's input, as PNG; `b""` where it was not asked for.
        larger_crop: The face with its surroundings, as PNG; None unless the person allowed it.
        detector: What found the face; "" where the whole photo is one.
        side_px: Shorter side of the face on its photo.
        sharpness: As `fer.faces.quality` measures it.
        unreliable_because: As `fer.faces.quality` has it; "" where the answer was reliable.
        face: Hash of the crop's pixels, as data sets have it; the store fills it in.
        status: A `Status`.
        label: What a reviewer accepted it as; "" unless accepted.
        reason: Why it was quarantined or rejected; "" otherwise.
        held_out: Whether it measures models, and trains none; None until that is decided.
    """

    id: str
    created: datetime
    contributor: str
    consent: str
    source: str
    model: str
    model_sha256: str
    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    verdict: str
    crop: bytes = field(repr=False)
    larger_crop: bytes | None = field(default=None, repr=False)
    detector: str = ""
    side_px: float | None = None
    sharpness: float | None = None
    unreliable_because: str = ""
    face: str = ""
    status: str = Status.NEW
    label: str = ""
    reason: str = ""
    held_out: bool | None = None

    def __post_init__(self) -> None:
        """Check what a sender could get wrong.

        Raises:
            FeedbackError: If something is missing, or does not fit together.
        """
        if problem := self._problem():
            raise FeedbackError(f"The correction cannot be kept: {problem}.")

    def _problem(self) -> str:
        texts = {"contributor": self.contributor, "consent": self.consent, "model": self.model}
        if missing := [name for name, text in texts.items() if not text.strip()]:
            return f"it has no {missing[0]}; expected a text"
        if not _is_uuid(self.id):
            return f"its id is '{self.id}'; expected a UUID"
        if self.created.tzinfo is None:
            return "its time has no time zone; expected one, such as UTC"
        if self.source not in SOURCES:
            return f"its source is '{self.source}'; expected one of {', '.join(SOURCES)}"
        if not self.labels or len(self.labels) != len(self.probabilities):
            return (
                f"it has {len(self.labels)} labels and {len(self.probabilities)} probabilities; "
                "expected one probability for each label"
            )
        if not all(math.isfinite(share) and 0 <= share <= 1 for share in self.probabilities):
            return "a probability is outside 0–1"
        if self.verdict not in self.verdicts:
            return f"its verdict is '{self.verdict}'; expected one of {', '.join(self.verdicts)}"
        return ""

    @property
    def verdicts(self) -> tuple[str, ...]:
        """Everything that a person may answer about this face."""
        return (*self.labels, *Verdict)

    @property
    def answer(self) -> str:
        """The model's emotion."""
        return self.labels[self.probabilities.index(max(self.probabilities))]


@dataclass(frozen=True, kw_only=True)
class Review:
    """What a reviewer decided about a correction; `decision` is the `Status` that it got."""

    correction: str
    reviewer: str
    decision: str
    label: str
    when: datetime
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """A model that took the place of the one in use; `by` is a person, or "" for the rule."""

    id: str
    when: datetime
    by: str
    rule: str
    model_before: str
    model_after: str
    figures: Mapping[str, Any]
    undone: datetime | None = None


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
