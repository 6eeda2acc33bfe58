"""How well a contract fits: the scale of a network from elsewhere, and what its outputs mean.

Half of the faces that were tried find the scale and the order of the labels; the other half, which
had no part in that, gives the accuracy, and decides whether what was found is certain.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest

from fer import emotions
from fer.evaluation.intervals import wilson
from fer.evaluation.label_order import best_order
from fer.wording import counted

_LEVEL = 0.05
_HARDLY = 0.02
"""A lead in accuracy that hardly matters: no scale is ruled out for less."""
_ENOUGH = 10
"""Measured faces of a label, so that its exchange with another one would show."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How well a scale and an order of labels fit labelled faces.

    Attributes:
        scale: A name of `SCALES`.
        labels: The classes in the order of the outputs.
        rank: Accuracy on the half that found the order, by which scales are ranked.
        images: Faces measured, of the other half.
        accuracy: Share of right answers, 0–1.
        accuracy_ci95: Its 95% interval (Wilson).
        mean_recall: Mean over the classes that have a face.
        by_chance: Accuracy of answering every face with the most frequent class.
    """

    scale: str
    labels: tuple[str, ...]
    rank: float
    images: int
    accuracy: float
    accuracy_ci95: tuple[float, float]
    mean_recall: float
    by_chance: float

    @property
    def is_above_chance(self) -> bool:
        """Whether it is certain to know anything about the faces."""
        return self.accuracy_ci95[0] > self.by_chance


@dataclass(frozen=True, kw_only=True, eq=False)
class ContractSearch:
    """What a network answered to labelled faces under each scale.

    Attributes:
        dataset: Name of the data set.
        synthetic: Whether its faces are drawn.
        classes: Its classes.
        targets: Class of each face, shape (n,), int64.
        answers: By scale the largest output for each face, shape (n,), int64.
        outputs: Number of outputs.
    """

    dataset: str
    synthetic: bool
    classes: tuple[str, ...]
    targets: np.ndarray
    answers: Mapping[str, np.ndarray]
    outputs: int

    def fits(self, known: Sequence[str] = ()) -> list[Fit]:
        """Every scale with the order of labels that suits it, the best on the first half first.

        Args:
            known: Classes of the network, as far as they are known, in any order.
        """
        fits = [self.fit(scale, self._order(scale, known)) for scale in self.answers]
        return sorted(fits, key=lambda fit: -fit.rank)

    def fit(self, scale: str, labels: Sequence[str]) -> Fit:
        """How well a contract fits the half of the faces that had no part in the search."""
        meanings = np.array(
            [self.classes.index(one) if one in self.classes else -1 for one in labels]
        )
        _, found = self._answered(scale, meanings, half=0)
        targets, right = self._answered(scale, meanings, half=1)
        classes, counts = np.unique(targets, return_counts=True)
        recalls = [right[targets == one].mean() for one in classes]
        low, high = wilson(int(right.sum()), len(right))
        return Fit(
            scale=scale,
            labels=tuple(labels),
            rank=float(found.mean()) if len(found) else 0.0,
            images=len(right),
            accuracy=float(right.mean()) if len(right) else 0.0,
            accuracy_ci95=(low, high),
            mean_recall=float(np.mean(recalls)) if recalls else 0.0,
            by_chance=float(counts.max() / len(right)) if len(right) else 1.0,
        )

    def checked(self, scale: str, labels: Sequence[str]) -> dict[str, Any]:
        """What a card keeps of a check that a contract passed; empty if it did not."""
        if self.objections(scale, labels) or self.doubts(labels):
            return {}
        fit = self.fit(scale, labels)
        return {
            "dataset": self.dataset,
            "synthetic": self.synthetic,
            "images": fit.images,
            "accuracy": fit.accuracy,
            "accuracy_ci95": list(fit.accuracy_ci95),
            "limits": self.limits(labels),
        }

    def limits(self, labels: Sequence[str]) -> list[str]:
        """What a check of these labels leaves open, in sentences."""
        few = self._few(labels)
        sentences = ["Only its own scale was tried."] if len(self.answers) == 1 else []
        if few:
            sentences.append(
                f"Of {', '.join(few)} there were fewer than {_ENOUGH} faces, too few to check "
                f"{'this label' if len(few) == 1 else 'these labels'}."
            )
        return [
            *sentences,
            "The network may have learnt these faces: that checks its contract, not its quality.",
        ]

    def nothing_fits(self, labels: Sequence[str] = ()) -> str:
        """Why no scale and no order of labels fits, in a sentence; "" if the best one does.

        Args:
            labels: Classes of the network, as far as they are known, in any order.
        """
        best = self.fits(labels)[0]
        if not best.images:
            return (
                f"'{self.dataset}' has none of the classes {', '.join(labels or best.labels)}, so "
                "that it tells nothing about this network. Choose another data set."
            )
        if best.is_above_chance:
            return ""
        return (
            f"No scale and no order of labels fits: the best has {best.accuracy:.1%} of "
            f"{best.images:,} faces right, and {best.by_chance:.1%} are of one class. The network "
            "may be for other classes or for faces that are cut out differently."
        )

    def objections(self, scale: str, labels: Sequence[str]) -> list[str]:
        """What speaks against a contract, in sentences; none if no other fits clearly better."""
        if reason := self.nothing_fits(labels):
            return [reason]
        given = self.fit(scale, labels)
        here = self.fit(scale, self._order(scale, labels))
        best = self.fits(labels)[0]
        sentences = []
        if self._is_better(here, given):
            sentences.append(
                f"These labels look exchanged: with {', '.join(here.labels)}, accuracy is "
                f"{here.accuracy:.1%}, with yours {given.accuracy:.1%} ({here.images:,} faces)."
            )
        if best.scale != scale and self._is_better(best, here):
            sentences.append(
                f"The scale {best.scale} fits better than {scale}: {best.accuracy:.1%} against "
                f"{here.accuracy:.1%} ({best.images:,} faces)."
            )
        return sentences

    def left(self, labels: Sequence[str] = ()) -> list[Fit]:
        """The scales that these faces cannot decide between, the best first; one if they can.

        They decide between two if the 95% interval of the difference in accuracy lies on one side
        of 0, or so near to it that the choice hardly matters.

        Args:
            labels: Classes of the network, as far as they are known, in any order.
        """
        best, *others = self.fits(labels)
        leads = [(other, *self._lead(best, other)) for other in others]
        rivals = [fit for fit, low, high in leads if low <= 0 and max(-low, high) > _HARDLY]
        return [best, *rivals]

    def decides_on_order(self, labels: Sequence[str]) -> bool:
        """Whether most of these labels have enough faces to decide on their order."""
        return 2 * len(self._few(labels)) <= len(labels)

    def doubts(self, labels: Sequence[str] = ()) -> list[str]:
        """Why these faces decide on no contract, in sentences; none if they do.

        Where nothing fits, there is no doubt about the scale.

        Args:
            labels: Classes of the network, as far as they are known, in any order.
        """
        best, *rivals = self.left(labels)
        sentences = []
        if rivals and best.is_above_chance:
            *most, last = [fit.scale for fit in (best, *rivals)]
            leads = ", ".join(
                f"{fit.scale} ({low:+.1%} to {high:+.1%})"
                for fit in rivals
                for low, high in [self._lead(best, fit)]
            )
            intervals = "interval" if len(rivals) == 1 else "intervals"
            sentences.append(
                f"{counted(best.images, 'face')} cannot decide on the scale: {best.scale} came "
                f"first on as many others, but here its lead in accuracy over {leads} "
                f"is uncertain (95% {intervals} in brackets), so {', '.join(most)} and {last} are "
                "left. Choose another data set."
            )
        if not self.decides_on_order(best.labels):
            sentences.append(
                f"{counted(best.images, 'face')} cannot decide on the order of the labels: most "
                f"labels have fewer than {_ENOUGH}. Choose a larger data set."
            )
        return sentences

    def _few(self, labels: Sequence[str]) -> list[str]:
        """The labels of too few measured faces."""
        measured = Counter(self.classes[target] for target in self.targets[1::2])
        return [label for label in labels if measured[label] < _ENOUGH]

    def _order(self, scale: str, known: Sequence[str]) -> tuple[str, ...]:
        """The labels by output that fit half of the faces best."""
        allowed = [row for row, one in enumerate(self.classes) if not known or one in known]
        searched = np.arange(0, len(self.targets), 2)
        counts = np.zeros((len(self.classes), self.outputs))
        np.add.at(counts, (self.targets[searched], self.answers[scale][searched]), 1)
        order = best_order(counts[allowed])
        names = [self.classes[allowed[row]] if row >= 0 else "" for row in order]
        for place, label in enumerate(known[: self.outputs]):
            if not names[place] and label not in names:
                names[place] = label  # what no face tells stays as it is
        others = [*known, *emotions.ALL, *(f"class {n + 1}" for n in range(self.outputs))]
        left = iter(dict.fromkeys(one for one in others if one not in names))
        return tuple(name or next(left) for name in names)

    def _answered(
        self, scale: str, meanings: np.ndarray, *, half: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Targets of half of the faces, of classes that the network has; which answers are right.

        `meanings` holds the class of each output, -1 where the data set lacks it.
        """
        rows = np.arange(half, len(self.targets), 2)
        rows = rows[np.isin(self.targets[rows], meanings)]
        return self.targets[rows], meanings[self.answers[scale][rows]] == self.targets[rows]

    def _lead(self, one: Fit, other: Fit) -> tuple[float, float]:
        """95% interval of how much more accurate the first is, on the same faces.

        Agresti & Min (2005): Wald's interval after half a face was added to each of the four cells.
        """
        right, right_other = self._right(one), self._right(other)
        only = (right & ~right_other).sum() + 0.5
        only_other = (right_other & ~right).sum() + 0.5
        faces = len(right) + 2
        lead = (only - only_other) / faces
        error = 1.96 * np.sqrt(only + only_other - faces * lead**2) / faces
        return float(lead - error), float(lead + error)

    def _is_better(self, one: Fit, other: Fit) -> bool:
        """Whether the first is clearly better: McNemar's test in its exact form (1947)."""
        right, right_other = self._right(one), self._right(other)
        only, only_other = (right & ~right_other).sum(), (right_other & ~right).sum()
        if only <= only_other:
            return False
        return bool(binomtest(int(only), int(only + only_other)).pvalue < _LEVEL)

    def _right(self, fit: Fit) -> np.ndarray:
        """Which of all faces of the second half a contract answers rightly."""
        rows = np.arange(1, len(self.targets), 2)
        names = np.array(fit.labels, np.object_)[self.answers[fit.scale][rows]]
        right: np.ndarray = names == np.array(self.classes, np.object_)[self.targets[rows]]
        return right
