"""95% intervals: Wilson for a share, the percentile bootstrap for other figures."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

BINS = 15
"""Bins of equally many faces, over which a calibration error is a mean."""

RESAMPLES = 1000
_AT_ONCE = 50
_DRAWN_AT_ONCE = 2_000_000  # faces of resamples, at some 30 bytes each


def wilson(correct: int, n: int) -> list[float]:
    """95% Wilson interval of a share (Wilson 1927), 0–1; the whole range without any faces."""
    if not n:
        return [0.0, 1.0]
    interval = binomtest(correct, n).proportion_ci(0.95, method="wilson")
    return [float(interval.low), float(interval.high)]


def accuracy_of(correct: pd.Series) -> dict[str, Any]:
    """`images`, `accuracy` and `accuracy_ci95` (Wilson) of answers; None without any."""
    n = len(correct)
    return {
        "images": n,
        "accuracy": float(correct.mean()) if n else None,
        "accuracy_ci95": wilson(int(correct.sum()), n) if n else None,
    }


def bootstrap(targets: np.ndarray, probabilities: np.ndarray) -> dict[str, list[float]]:
    """95% percentile intervals over resampled faces (Efron & Tibshirani 1993).

    scikit-learn would take minutes for a thousand resamples, so the figures are computed for many
    of them at once; tests compare them with scikit-learn's. Resampling adds to a calibration
    error, so the interval of `ece` lies high.

    Args:
        targets: True class indices, shape (n,).
        probabilities: Shape (n, classes).

    Returns:
        Lower and upper end for `balanced_accuracy`, `macro_f1` and `ece`.
    """
    generator = np.random.default_rng(0)
    # In the order of confidence, as bins of equally many faces need it.
    order = np.argsort(probabilities.max(axis=1), kind="stable")
    targets, probabilities = targets[order], probabilities[order]
    n, classes = probabilities.shape
    predicted = probabilities.argmax(axis=1)
    cells = targets * classes + predicted
    surplus = probabilities.max(axis=1) - (predicted == targets)
    at_once = max(1, min(_AT_ONCE, _DRAWN_AT_ONCE // n))
    offsets = np.arange(at_once)[:, None] * classes**2
    samples: list[dict[str, np.ndarray]] = []
    for start in range(0, RESAMPLES, at_once):
        size = min(at_once, RESAMPLES - start)
        drawn = np.sort(generator.integers(n, size=(size, n), dtype=np.int32), axis=1)
        counts = np.bincount((cells[drawn] + offsets[:size]).ravel(), minlength=size * classes**2)
        matrices = counts.reshape(size, classes, classes)
        samples.append({**class_means(matrices), "ece": calibration_errors(surplus[drawn])})
    return {
        name: percentile_interval(np.concatenate([sample[name] for sample in samples]))
        for name in samples[0]
    }


def class_means(matrices: np.ndarray) -> dict[str, np.ndarray]:
    """Balanced accuracy and macro F1 of many confusion matrices.

    Args:
        matrices: Counts, shape (m, classes, classes); rows are true, columns predicted.

    Returns:
        `balanced_accuracy` and `macro_f1`, shape (m,): means over the classes with a face.
    """
    hits = np.diagonal(matrices, axis1=1, axis2=2).astype(np.float64)
    true, predicted = matrices.sum(axis=2), matrices.sum(axis=1)
    is_present = true > 0
    recall = np.divide(hits, true, out=np.zeros_like(hits), where=is_present)
    f1 = np.divide(2 * hits, true + predicted, out=np.zeros_like(hits), where=is_present)
    present = is_present.sum(axis=1)
    return {"balanced_accuracy": recall.sum(axis=1) / present, "macro_f1": f1.sum(axis=1) / present}


def calibration_errors(surplus: np.ndarray) -> np.ndarray:
    """Expected calibration errors of many samples, in `BINS` bins of equally many faces.

    Args:
        surplus: Confidence minus correctness (0 or 1) by rising confidence, shape (m, n).

    Returns:
        Shape (m,), 0–1.
    """
    n = surplus.shape[1]
    ends = np.cumsum([len(rows) for rows in np.array_split(np.empty(n), min(BINS, n))])
    sums = np.add.reduceat(surplus, np.concatenate([[0], ends[:-1]]), axis=1)
    errors: np.ndarray = np.abs(sums).sum(axis=1) / n
    return errors


def percentile_interval(sample: np.ndarray) -> list[float]:
    """The middle 95% of a sample."""
    low, high = np.percentile(sample, [2.5, 97.5])
    return [float(low), float(high)]
