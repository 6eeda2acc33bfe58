"""What people showed over time, in a bounded number of steps however long that is."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fer.inference.answer import Answer, TrackedFace, by_label

_MAX_STEPS = 600
MAX_PEOPLE = 200
"""The first people of a timeline; later ones are counted, not kept."""


class Timeline:
    """Mean probabilities by person and step of time.

    When there are too many steps, pairs of them are merged, so that memory stays bounded.
    """

    def __init__(self, labels: Sequence[str], *, step_s: float = 0.25) -> None:
        """Start empty.

        Args:
            labels: The model's, in its order.
            step_s: The shortest step in seconds.
        """
        self.labels = tuple(labels)
        self.step_s = step_s
        self._steps: dict[tuple[int, int], np.ndarray] = {}
        self._people: dict[int, _Person] = {}
        self._dropped: set[int] = set()

    @property
    def dropped(self) -> int:
        """How many people came after the first 200, and are in no row."""
        return len(self._dropped)

    def add(self, at_s: float, faces: Iterable[TrackedFace]) -> None:
        """Add the people of one frame."""
        for face in faces:
            values = np.array([face.probabilities[label] for label in self.labels])
            person = self._people.get(face.number)
            if person is None:
                if len(self._people) >= MAX_PEOPLE:
                    self._dropped.add(face.number)
                    continue
                person = self._people[face.number] = _Person(at_s, len(self.labels))
            person.add(at_s, values)
            # The sum of the probabilities, and behind it how many there are.
            place = (int(at_s / self.step_s), face.number)
            self._steps[place] = self._steps.get(place, 0) + np.append(values, 1)
        while len({step for step, _ in self._steps}) > _MAX_STEPS:
            self._merge()

    def rows(self) -> list[dict[str, Any]]:
        """One row a step and person: `time_s`, `person`, `emotion`, `confidence`, `p_<label>`."""
        return [
            {"time_s": round(step * self.step_s, 3), "person": number}
            | self._row(sums[:-1] / sums[-1])
            for (step, number), sums in sorted(self._steps.items())
        ]

    def summary(self) -> list[dict[str, Any]]:
        """One row a person: `person`, `from_s`, `to_s`, `frames`, `emotion`, …

        The probabilities are means over the frames.
        """
        return [
            {
                "person": number,
                "from_s": round(person.first_s, 2),
                "to_s": round(person.last_s, 2),
                "frames": person.frames,
            }
            | self._row(person.sums / person.frames)
            for number, person in sorted(self._people.items())
        ]

    def _row(self, means: np.ndarray) -> dict[str, Any]:
        return Answer(probabilities=by_label(self.labels, means)).to_row()

    def _merge(self) -> None:
        self.step_s *= 2
        merged: dict[tuple[int, int], np.ndarray] = {}
        for (step, number), sums in self._steps.items():
            place = (step // 2, number)
            merged[place] = merged.get(place, 0) + sums
        self._steps = merged


class _Person:
    def __init__(self, at_s: float, labels: int) -> None:
        self.first_s = self.last_s = at_s
        self.frames = 0
        self.sums = np.zeros(labels)

    def add(self, at_s: float, values: np.ndarray) -> None:
        self.last_s = at_s
        self.frames += 1
        self.sums += values
