"""95 % intervals: Wilson for a share, the percentile bootstrap for everything else."""

from collections.abc import Mapping

import numpy as np
from scipy.stats import binomtest

RESAMPLES = 1000
_AT_ONCE = 50


def wilson(correct: int, n: int) -> list[float]:
    """95 % Wilson interval of a share (Wilson 1927), 0–1; the whole range without any faces."""
    if not n:
        return [0.0, 1.0]
    interval = binomtest(correct, n).proportion_ci(0.95, method="wilson")
    return [float(interval.low), float(interval.high)]


def bootstrap(
    targets: np.ndarray,
    predicted: np.ndarray,
    classes: int,
    means: Mapping[str, np.ndarray],
    *,
    seed: int = 0,
) -> dict[str, list[float]]:
    """95 % percentile intervals over resampled faces (Efron & Tibshirani 1993).

    All figures come from the same resamples. scikit-learn would take minutes for a thousand
    confusion matrices, so the figures are computed from all of them at once; a test holds them
    to scikit-learn's.

    Args:
        targets: True class indices, shape (n,).
        predicted: Predicted ones, shape (n,).
        classes: Number of classes.
        means: Further figures that are means over faces, by name: values of shape (n,).
        seed: Seed of the resamples.
    """
    generator = np.random.default_rng(seed)
    n = len(targets)
    cells = targets * classes + predicted
    values = np.stack(list(means.values()), axis=1) if means else np.empty((n, 0))
    matrices, averages = [], []
    for _ in range(0, RESAMPLES, _AT_ONCE):
        drawn = generator.integers(n, size=(_AT_ONCE, n))
        offset = np.arange(_AT_ONCE)[:, None] * classes**2
        counted = np.bincount((cells[drawn] + offset).ravel(), minlength=_AT_ONCE * classes**2)
        matrices.append(counted.reshape(_AT_ONCE, classes, classes))
        averages.append(np.stack([column[drawn].mean(axis=1) for column in values.T], axis=1)
                        if means else np.empty((_AT_ONCE, 0)))  # fmt: skip
    figures = from_matrices(np.concatenate(matrices))
    figures.update(zip(means, np.concatenate(averages).T, strict=True))
    return {
        name: percentile_interval(sample)
        for name, sample in figures.items()
        if not np.isnan(sample).all()
    }


def percentile_interval(sample: np.ndarray) -> list[float]:
    """The middle 95 % of a sample, NaN left out."""
    low, high = np.nanpercentile(sample, [2.5, 97.5])
    return [float(low), float(high)]


def from_matrices(matrices: np.ndarray) -> dict[str, np.ndarray]:
    """Figures of many confusion matrices.

    Args:
        matrices: Counts, shape (m, classes, classes); rows are true, columns predicted.

    Returns:
        Arrays of shape (m,) by figure. Means over classes go over those with a face.
    """
    counts = matrices.astype(np.float64)
    n = counts.sum(axis=(1, 2))
    hits, true, said = (
        np.diagonal(counts, axis1=1, axis2=2), counts.sum(axis=2), counts.sum(axis=1),
    )  # fmt: skip
    present = true > 0
    recall = np.divide(hits, true, out=np.zeros_like(hits), where=present)
    f1 = np.divide(2 * hits, true + said, out=np.zeros_like(hits), where=true + said > 0)
    chance = (true * said).sum(axis=1)
    agreed = hits.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "accuracy": agreed / n,
            "balanced_accuracy": (recall * present).sum(axis=1) / present.sum(axis=1),
            "macro_f1": (f1 * present).sum(axis=1) / present.sum(axis=1),
            "weighted_f1": (f1 * true).sum(axis=1) / n,
            "kappa": (agreed * n - chance) / (n**2 - chance),
            "matthews": (agreed * n - chance)
            / np.sqrt((n**2 - (said**2).sum(axis=1)) * (n**2 - (true**2).sum(axis=1))),
        }
