"""Which class each output of a network stands for, as its answers to labelled faces tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from fer.evaluation.intervals import wilson

FEWEST = 20
"""With fewer faces, no exchange is reported."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """Labels that look exchanged.

    Attributes:
        labels: The order that fits the faces.
        accuracy: With the labels as they are.
        exchanged_accuracy: With `labels`.
    """

    labels: tuple[str, ...]
    accuracy: float
    exchanged_accuracy: float

    def __str__(self) -> str:
        return (
            f"The model's labels look exchanged: with the order {', '.join(self.labels)}, accuracy "
            f"would be {self.exchanged_accuracy:.1%} instead of {self.accuracy:.1%}."
        )


def best_order(counts: np.ndarray) -> np.ndarray:
    """The class of each output that makes most answers right, each class at most once.

    It is the best assignment of Kuhn (1955). Of equally good ones, that which moves fewest counts.

    Args:
        counts: Faces, shape (classes, outputs); rows are the true classes.

    Returns:
        Shape (outputs,), int64; -1 for an output that no class is left for.
    """
    stay = np.eye(*counts.shape) / (2 * max(counts.shape))  # less than one face in all
    rows, columns = linear_sum_assignment(counts + stay, maximize=True)
    order = np.full(counts.shape[1], -1, np.int64)
    order[columns] = rows
    return order


def exchange(matrix: np.ndarray, labels: Sequence[str]) -> Exchange | None:
    """The order of the labels that fits clearly better; None if they are right as they are.

    It is clear if the 95% intervals of both accuracies do not overlap, and every class that
    changes its name is most often answered with the other one. A weak network confuses classes,
    too, but seldom as an exchange of names.

    Args:
        matrix: Counts, shape (k, k); rows are true, columns predicted.
        labels: Its order.
    """
    order = best_order(matrix)
    moved = np.flatnonzero(order != np.arange(len(order)))
    total, hits = int(matrix.sum()), int(np.trace(matrix))
    possible = int(matrix[order, np.arange(len(order))].sum())
    measured = [place for place in moved if matrix[order[place]].sum()]
    is_clean = all(matrix[order[place]].argmax() == place for place in measured)
    if total < FEWEST or not measured or not is_clean:
        return None
    if wilson(possible, total)[0] <= wilson(hits, total)[1]:
        return None
    return Exchange(
        labels=tuple(labels[row] for row in order),
        accuracy=hits / total,
        exchanged_accuracy=possible / total,
    )
