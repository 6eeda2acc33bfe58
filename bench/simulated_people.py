"""Faces of a shifted kind, the people who correct answers about them, and who reviews these."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from fer.feedback.consent import VERSION
from fer.feedback.records import Correction, Status, Verdict
from fer.feedback.review import examine, reject_all_of
from fer.feedback.store import Store, contributor_id
from fer.models.model import Model

PEOPLE = 40
CARELESS, MALICIOUS = 6, 2  # 15% and 5%
TWICE = 0.5
"""Share of the faces that a second person judges, too."""

REVIEWER = "a reviewer who sees no truth"

_CARELESS_GUESSES = 0.5  # how often a careless person taps anything


def shifted(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A face in low light, tilted and in another framing, with a camera's noise.

    Args:
        face: Shape (48, 48), uint8.
        rng: Draws how.
    """
    height, width = face.shape
    tilt = rng.uniform(12, 28) * rng.choice([-1, 1])
    turn = cv2.getRotationMatrix2D(
        (width / 2 - 0.5, height / 2 - 0.5), tilt, rng.uniform(0.72, 0.85)
    )
    turn[:, 2] += rng.uniform(-4, 4, 2)
    turned = cv2.warpAffine(face, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    dark = 255 * (turned / 255) ** rng.uniform(1.3, 1.8) * rng.uniform(0.2, 0.4)
    dark += rng.normal(0, 5, dark.shape)
    grey: np.ndarray = np.clip(dark.round(), 0, 255).astype(np.uint8)
    return grey


@dataclass(frozen=True)
class Person:
    """Somebody who corrects answers: `honest`, `careless`, `malicious` or `always happy`."""

    key: str
    kind: str

    @property
    def contributor(self) -> str:
        """As the store knows them."""
        return contributor_id(self.key)

    def verdict(
        self, labels: tuple[str, ...], votes: dict[str, float], rng: np.random.Generator
    ) -> str:
        """What they answer about a face.

        Args:
            labels: The model's.
            votes: How many of FER+'s annotators chose each answer about it.
            rng: Draws which.
        """
        if self.kind == "always happy":
            return "happy"
        choices = list(votes)
        counts = np.array(list(votes.values()))
        if self.kind == "malicious":
            wrong = [label for label in labels if not votes.get(label)]
            return str(rng.choice(wrong)) if wrong else labels[-1]
        if self.kind == "careless" and rng.random() < _CARELESS_GUESSES:
            return str(rng.choice(labels))
        return str(rng.choice(choices, p=counts / counts.sum()))


def people(count: int = PEOPLE) -> list[Person]:
    """Forty of them; the first ones are not honest."""
    kinds = ["malicious", "always happy"] + ["careless"] * CARELESS
    kinds += ["honest"] * (count - len(kinds))
    return [Person(f"simulated-{number}", kind) for number, kind in enumerate(kinds)]


def corrections(
    model: Model,
    faces: np.ndarray,
    votes: list[dict[str, float]],
    everybody: list[Person],
    *,
    round_number: int,
    seed: int,
) -> Iterator[Correction]:
    """What these people send about a model's answers; the same ids every time.

    Args:
        model: It answered.
        faces: Shape (n, 48, 48, 1), uint8.
        votes: For each of these, as for `Person.verdict`.
        everybody: Each face goes to one of them, half of the faces to a second one.
        round_number: When.
        seed: Of everything that is drawn.
    """
    rng = np.random.default_rng((seed, round_number))
    answers = model.classify(faces)
    began = datetime(2026, 1, round_number, tzinfo=UTC)
    for number, (face, answer, chosen) in enumerate(zip(faces, answers, votes, strict=True)):
        _, png = cv2.imencode(".png", face)
        for place in rng.permutation(len(everybody))[: 1 + (rng.random() < TWICE)]:
            person = everybody[place]
            identity = f"{seed}/{round_number}/{number}/{person.key}"
            yield Correction(
                id=str(uuid.UUID(bytes=uuid.uuid5(uuid.NAMESPACE_URL, identity).bytes, version=4)),
                created=began + timedelta(seconds=number),
                contributor=person.contributor,
                consent=VERSION,
                source="api",
                model=model.card.name,
                model_sha256=model.card.model_sha256,
                labels=model.card.labels,
                probabilities=tuple(map(float, answer)),
                verdict=person.verdict(model.card.labels, chosen, rng),
                crop=png.tobytes(),
            )


def review(store: Store) -> set[str]:
    """Review everything that is new, by what the store's own review finds and nothing else.

    All of a suspicious contributor is rejected; so is a face about which people disagree. What
    remains is accepted.

    Returns:
        The contributors who were found suspicious.
    """
    found = examine(store)
    suspects = found.findings.suspects
    for contributor in suspects:
        reject_all_of(store, contributor, reviewer=REVIEWER, reason="a suspicious contributor")
    table = found.table[~found.table["contributor"].isin(suspects)]
    verdicts = table.groupby("group")["verdict"].nunique()
    is_disputed = table["group"].isin(verdicts.index[verdicts > 1])
    is_emotion = ~table["verdict"].isin(list(Verdict))
    is_new = table["status"] == Status.NEW
    accepted = table["id"][is_new & ~is_disputed & is_emotion]
    rejected = table["id"][is_new & is_disputed]
    store.review(accepted, decision=Status.ACCEPTED, reviewer=REVIEWER)
    store.review(rejected, decision=Status.REJECTED, reviewer=REVIEWER, reason="people disagree")
    return set(suspects)
