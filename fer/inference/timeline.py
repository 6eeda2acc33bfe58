"""The emotions of people over time, in a bounded number of steps."""

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer.faces.quality import KINDS
from fer.inference.answer import Answer, FaceAnswer, by_label

_MAX_STEPS = 600
MAX_PEOPLE = 200
"""The first people of a timeline; later ones are counted, not kept."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """What a person shows for a time.

    Attributes:
        person: Number of the person.
        from_s: Its start.
        until_s: Its end.
        answer: The mean of the answers meanwhile.
    """

    person: int
    from_s: float
    until_s: float
    answer: Answer

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.until_s - self.from_s


@dataclass(kw_only=True, eq=False)
class _Step:
    """One person in one step, from the first frame to the frame after the last.

    `sums` holds, for reliable answers and each reason why others are not, the sum of the
    probabilities, and behind it how many were added; shape (kinds, labels + 1).
    """

    first_s: float
    until_s: float
    sums: np.ndarray

    def merge(self, other: "_Step") -> None:
        self.first_s = min(self.first_s, other.first_s)
        self.until_s = max(self.until_s, other.until_s)
        self.sums = self.sums + other.sums


@dataclass(kw_only=True, eq=False)
class _Person(_Step):
    """One person all the time.

    Attributes:
        last_s: When the last frame began.
        seconds: How long the person was in view.
        tops: By label, shape (labels, 2): how long it was the reliable answer, and the confidence
            summed over that time.
    """

    last_s: float
    seconds: float = 0.0
    tops: np.ndarray


class Timeline:
    """Mean probabilities by person and step of time, of reliable answers where there are any.

    A frame lasts until the next one, however far apart they are; the last one, as long as the one
    before it. When there are too many steps, pairs of them are merged, so that memory stays
    bounded. It is safe to read while another thread adds frames.
    """

    def __init__(
        self, labels: Sequence[str], *, step_s: float = 0.25, longest_s: float = math.inf
    ) -> None:
        """Start empty.

        Args:
            labels: Of the model.
            step_s: The shortest step in seconds.
            longest_s: A frame lasts no longer: after a longer gap, nobody knows who was there.
        """
        self.labels = tuple(labels)
        self.step_s = step_s
        self._longest_s = longest_s
        self._frames: dict[int, _Step] = {}  # without regard to persons; their sums are 0
        self._steps: dict[tuple[int, int], _Step] = {}
        self._people: dict[int, _Person] = {}
        self._dropped: set[int] = set()
        self._latest: tuple[float, list[FaceAnswer]] | None = None
        self._lasts_s = step_s  # the latest frame, as far as is known
        self._lock = threading.Lock()

    @property
    def dropped(self) -> int:
        """How many people came after the first 200, and are in no row."""
        return len(self._dropped)

    def add(self, at_s: float, faces: Iterable[FaceAnswer]) -> None:
        """Add the people of one frame; `at_s` is never less than before."""
        with self._lock:
            if self._latest:
                began_s, before = self._latest
                lasts_s = min(at_s - began_s, self._longest_s)
                self._lengthen(before, lasts_s - self._lasts_s)
                self._lasts_s = lasts_s
                self._widen(began_s, before)
            kept = [face for face in faces if self._is_kept(face.number)]
            self._latest = at_s, kept
            for face in kept:
                self._count(at_s, face)
            self._lengthen(kept, self._lasts_s)
            self._widen(at_s, kept)
            while len(self._frames) > _MAX_STEPS:
                self._merge()

    def spans(self) -> list[Span]:
        """One span per step and person."""
        with self._lock:
            return [
                Span(
                    person=number, from_s=step.first_s, until_s=step.until_s,
                    answer=self._mean(step.sums),
                )
                for (_, number), step in sorted(self._steps.items(), key=lambda item: item[0])
            ]  # fmt: skip

    def rows(self) -> list[dict[str, Any]]:
        """The spans as rows: `time_s`, `until_s`, `person`, mean as `Answer.to_row`."""
        return [
            {
                "time_s": round(span.from_s, 3),
                "until_s": round(span.until_s, 3),
                "person": span.person,
            }
            | span.answer.to_row()
            for span in self.spans()
        ]

    def shares(self) -> list[dict[str, float]]:
        """One row per step: `time_s`, `until_s`, the mean `p_` of all people's reliable answers.

        The shares of a step without a reliable answer are 0.
        """
        with self._lock:
            sums = {step: np.zeros(len(self.labels)) for step in self._frames}
            people = dict.fromkeys(self._frames, 0)
            for (step, _), of_person in self._steps.items():
                if of_person.sums[0, -1]:
                    sums[step] += of_person.sums[0, :-1] / of_person.sums[0, -1]
                    people[step] += 1
            return [
                {"time_s": round(span.first_s, 3), "until_s": round(span.until_s, 3)}
                | {
                    f"p_{label}": float(share)
                    for label, share in zip(
                        self.labels, sums[step] / max(people[step], 1), strict=True
                    )
                }
                for step, span in sorted(self._frames.items())
            ]

    def summary(self) -> list[dict[str, Any]]:
        """One row per person, by number.

        It holds `person`, `from_s`, `to_s`, `seconds` in view, numbers of frames, the mean as
        `Answer.to_row`, and `share`. Here `emotion` is the one that was the answer for the longest
        time, `share` its part of the time with a reliable answer, 0–1, and `confidence` its mean
        meanwhile.
        """
        with self._lock:
            return [self._summary(*item) for item in sorted(self._people.items())]

    def seconds_of(self) -> dict[str, float]:
        """How long each label was the reliable answer, in seconds summed over all people."""
        with self._lock:
            spent = sum(
                (person.tops[:, 0] for person in self._people.values()), self._nothing()[0, :-1]
            )
            return by_label(self.labels, spent)

    def _summary(self, number: int, person: _Person) -> dict[str, Any]:
        mean = self._mean(person.sums)
        row = {
            "person": number,
            "from_s": round(person.first_s, 2),
            "to_s": round(person.last_s, 2),
            "seconds": round(person.seconds, 2),
            "frames": int(person.sums[:, -1].sum()),
        } | mean.to_row()
        share = 0.0
        if mean.reliable:
            top = int(person.tops[:, 0].argmax())
            spent_s, confidence_s = person.tops[top]
            share = float(spent_s / person.tops[:, 0].sum())
            row |= {
                "emotion": self.labels[top], "confidence": round(float(confidence_s / spent_s), 4),
            }  # fmt: skip
        return row | {"reliable_frames": int(person.sums[0, -1]), "share": round(share, 4)}

    def _is_kept(self, number: int) -> bool:
        if number in self._people or len(self._people) < MAX_PEOPLE:
            self._people.setdefault(
                number,
                _Person(
                    first_s=math.inf, until_s=0.0, last_s=0.0, sums=self._nothing(),
                    tops=np.zeros((len(self.labels), 2)),
                ),
            )  # fmt: skip
            return True
        self._dropped.add(number)
        return False

    def _count(self, at_s: float, face: FaceAnswer) -> None:
        values = self._nothing()
        kind = KINDS.index(face.unreliable_because)
        values[kind] = [*(face.probabilities[label] for label in self.labels), 1.0]
        place = (int(at_s / self.step_s), face.number)
        empty = _Step(first_s=at_s, until_s=at_s, sums=self._nothing())
        self._steps.setdefault(place, empty).sums += values
        person = self._people[face.number]
        person.last_s = at_s
        person.sums += values

    def _lengthen(self, faces: Iterable[FaceAnswer], by_s: float) -> None:
        """The people of the latest frame were there for longer, or, if below 0, for less."""
        for face in faces:
            person = self._people[face.number]
            person.seconds += by_s
            if face.reliable:
                weight = by_s + 1e-9  # two frames at one time count, too
                person.tops[self.labels.index(face.emotion)] += weight, weight * face.confidence

    def _widen(self, at_s: float, faces: Iterable[FaceAnswer]) -> None:
        """A frame and its people last as long as is known now."""
        step, until_s = int(at_s / self.step_s), at_s + self._lasts_s
        empty = _Step(first_s=at_s, until_s=until_s, sums=self._nothing())
        known = [self._frames.setdefault(step, empty)]
        for face in faces:
            known += [self._steps[step, face.number], self._people[face.number]]
        for one in known:
            one.first_s, one.until_s = min(one.first_s, at_s), until_s

    def _nothing(self) -> np.ndarray:
        return np.zeros((len(KINDS), len(self.labels) + 1))

    def _mean(self, sums: np.ndarray) -> Answer:
        counts = sums[:, -1]
        kind = 0 if counts[0] else int(counts.argmax())
        mean = by_label(self.labels, sums[kind, :-1] / counts[kind])
        return Answer(probabilities=mean, unreliable_because=KINDS[kind])

    def _merge(self) -> None:
        frames: dict[int, _Step] = {}
        steps: dict[tuple[int, int], _Step] = {}
        for number, frame in self._frames.items():
            if (kept := frames.setdefault(number // 2, frame)) is not frame:
                kept.merge(frame)
        for (number, person), step in self._steps.items():
            if (kept := steps.setdefault((number // 2, person), step)) is not step:
                kept.merge(step)
        self._frames, self._steps, self.step_s = frames, steps, 2 * self.step_s
