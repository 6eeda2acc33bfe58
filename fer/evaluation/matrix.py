"""The cells of a confusion matrix, as every page and the report draw them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer.wording import counted, percent


@dataclass(frozen=True)
class Cell:
    """A cell of a table of classes by classes.

    Attributes:
        text: What stands in it.
        title: What it means, for a tooltip and a screen reader.
        tone: `right` (blue) or `wrong` (orange).
        strength: Of the colour, 0–1.
    """

    text: str
    title: str
    tone: str
    strength: float


def matrix_cells(
    matrix: np.ndarray, labels: Sequence[str], *, is_share: bool = False
) -> list[Cell]:
    """The cells of a confusion matrix, row by row, k × k.

    Args:
        matrix: Counts, shape (k, k); rows are true, columns predicted.
        labels: Its order.
        is_share: Whether the cells show the share of their row instead of counts.
    """
    totals = matrix.sum(axis=1)
    shares = matrix / np.maximum(totals, 1)[:, None]
    values, largest = (shares, 1.0) if is_share else (matrix, float(matrix.max(initial=0)))
    strength = strengths(values, largest)
    return [
        Cell(
            text=percent(shares[i, j]) if is_share else f"{matrix[i, j]:,}",
            title=f"True {true}, predicted {predicted}: {counted(int(matrix[i, j]), 'face')}, "
            f"{percent(shares[i, j])} of {totals[i]:,}",
            tone="right" if i == j else "wrong",
            strength=float(strength[i, j]),
        )
        for i, true in enumerate(labels)
        for j, predicted in enumerate(labels)
    ]


def strengths(values: np.ndarray, largest: float) -> np.ndarray:
    """How strong the colour of each value is, 0–1, whatever its sign.

    It is the square root of the share of the largest, so that a dozen confusions are seen beside
    hundreds of right answers: a quarter of the largest has half the strength.
    """
    strength: np.ndarray = np.sqrt(np.abs(values) / (largest or 1))
    return strength
