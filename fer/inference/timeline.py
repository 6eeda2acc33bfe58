"""The emotions of people over time, in a bounded number of steps."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fer.faces.quality import REASONS
from fer.inference.answer import Answer, FaceAnswer, by_label

_MAX_STEPS = 600
_KINDS = ("", *REASONS)
MAX_PEOPLE = 200
"""The first people of a timeline; later ones are counted, not kept."""


class Timeline:
    """Mean probabilities by person and step of time, of reliable answers where there are any.

    When there are too many steps, pairs of them are merged, so that memory stays bounded.
    """

    def __init__(self, labels: Sequence[str], *, step_s: float = 0.25) -> None:
        """Start empty, with the model's labels and the shortest step in seconds."""
        self.labels = tuple(labels)
        self.step_s = step_s
        # By step and person, and by person with the first and last time: for reliable answers and
        # each reason why others are not, the sums of the probabilities, and behind them how many
        # were added; shape (kinds, labels + 1).
        self._steps: dict[tuple[int, int], np.ndarray] = {}
        self._people: dict[int, tuple[float, float, np.ndarray]] = {}
        self._dropped: set[int] = set()

    @property
    def dropped(self) -> int:
        """How many people came after the first 200, and are in no row."""
        return len(self._dropped)

    def add(self, at_s: float, faces: Iterable[FaceAnswer]) -> None:
        """Add the people of one frame."""
        for face in faces:
            if face.number not in self._people and len(self._people) >= MAX_PEOPLE:
                self._dropped.add(face.number)
                continue
            values = np.zeros((len(_KINDS), len(self.labels) + 1))
            kind = _KINDS.index(face.unreliable_because)
            values[kind] = [*(face.probabilities[label] for label in self.labels), 1.0]
            first_s, _, sums = self._people.get(face.number, (at_s, at_s, np.zeros_like(values)))
            self._people[face.number] = (first_s, at_s, sums + values)
            place = (int(at_s / self.step_s), face.number)
            self._steps[place] = self._steps.get(place, 0) + values
        while len({step for step, _ in self._steps}) > _MAX_STEPS:
            self._merge()

    def rows(self) -> list[dict[str, Any]]:
        """One row per step and person: `time_s`, `person`, and the mean as `Answer.to_row`."""
        return [
            {"time_s": round(step * self.step_s, 3), "person": number} | self._mean(sums)
            for (step, number), sums in sorted(self._steps.items())
        ]

    def summary(self) -> list[dict[str, Any]]:
        """One row per person: `person`, `from_s`, `to_s`, numbers of frames, the mean."""
        return [
            {
                "person": number,
                "from_s": round(first_s, 2),
                "to_s": round(last_s, 2),
                "frames": int(sums[:, -1].sum()),
            }
            | self._mean(sums)
            | {"reliable_frames": int(sums[0, -1])}
            for number, (first_s, last_s, sums) in sorted(self._people.items())
        ]

    def _mean(self, sums: np.ndarray) -> dict[str, Any]:
        counts = sums[:, -1]
        kind = 0 if counts[0] else int(counts.argmax())
        mean = by_label(self.labels, sums[kind, :-1] / counts[kind])
        return Answer(probabilities=mean, unreliable_because=_KINDS[kind]).to_row()

    def _merge(self) -> None:
        merged: dict[tuple[int, int], np.ndarray] = {}
        for (step, number), sums in self._steps.items():
            place = (step // 2, number)
            merged[place] = merged.get(place, 0) + sums
        self._steps, self.step_s = merged, 2 * self.step_s  # both at once, for readers
