"""95 % intervals: Wilson for a share, the percentile bootstrap for everything else."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import binomtest

from fer.evaluation.calibration import BINS

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
    probabilities: np.ndarray,
    means: Mapping[str, np.ndarray],
    *,
    seed: int = 0,
) -> dict[str, list[float]]:
    """95 % percentile intervals over resampled faces (Efron & Tibshirani 1993).

    All figures come from the same resamples. scikit-learn would take minutes for a thousand
    tables, so the figures are computed from many of them at once; tests hold them to
    scikit-learn's. Resampling adds to a calibration error, so the interval of `ece` lies high.

    Args:
        targets: True class indices, shape (n,).
        probabilities: Shape (n, classes).
        means: Further figures that are means over faces, by name: values of shape (n,).
        seed: Seed of the resamples.
    """
    generator = np.random.default_rng(seed)
    (n, classes), order = probabilities.shape, np.argsort(probabilities.max(axis=1), kind="stable")
    targets, probabilities = targets[order], probabilities[order]
    predicted = probabilities.argmax(axis=1)
    cells = targets * classes + predicted
    columns = {name: values[order] for name, values in means.items()}
    surplus = probabilities.max(axis=1) - (predicted == targets)
    area = areas_under_curves(targets, probabilities)
    samples: list[dict[str, np.ndarray]] = []
    for _ in range(0, RESAMPLES, _AT_ONCE):
        # Each resample in the order of confidence, as bins of equally many faces want it.
        drawn = np.sort(generator.integers(n, size=(_AT_ONCE, n), dtype=np.int32), axis=1)
        of_sample = np.arange(_AT_ONCE)[:, None]
        counted = np.bincount((cells[drawn] + of_sample * classes**2).ravel(),
                              minlength=_AT_ONCE * classes**2)  # fmt: skip
        times = np.bincount((drawn * _AT_ONCE + of_sample).ravel(), minlength=n * _AT_ONCE)
        samples.append(
            {
                **from_matrices(counted.reshape(_AT_ONCE, classes, classes)),
                **{name: values[drawn].mean(axis=1) for name, values in columns.items()},
                "ece": calibration_errors(surplus[drawn]),
                "roc_auc": area(times.reshape(n, _AT_ONCE).astype(np.float32)),
            }
        )
    joined = {name: np.concatenate([sample[name] for sample in samples]) for name in samples[0]}
    return {
        name: percentile_interval(sample)
        for name, sample in joined.items()
        if not np.isnan(sample).all()
    }


def calibration_errors(surplus: np.ndarray) -> np.ndarray:
    """Expected calibration errors of many samples, in `BINS` bins of equally many faces.

    Args:
        surplus: Confidence minus whether it was right, from the least to the most sure; shape
            (m, n).

    Returns:
        Shape (m,), 0–1.
    """
    n = surplus.shape[1]
    ends = np.cumsum([len(rows) for rows in np.array_split(np.empty(n), min(BINS, n))])
    sums = np.add.reduceat(surplus, np.concatenate([[0], ends[:-1]]), axis=1)
    errors: np.ndarray = np.abs(sums).sum(axis=1) / n
    return errors


def areas_under_curves(
    targets: np.ndarray, probabilities: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """The mean area under the ROC curves of all classes, of weighted faces.

    A curve's area is the chance that a face of the class scores higher than one of another; a tie
    counts half (Fawcett 2006). Ranks are found once, so that weights cost but sums.

    Returns:
        From weights, shape (n, m), float32, to areas, shape (m,), NaN where no class has both.
    """
    ranked = []
    for i, scores in enumerate(probabilities.T):
        own, others = np.flatnonzero(targets == i), np.flatnonzero(targets != i)
        others = others[np.argsort(scores[others], kind="stable")]
        below = np.searchsorted(scores[others], scores[own], "left")
        up_to = np.searchsorted(scores[others], scores[own], "right")
        if len(own) and len(others):
            ranked.append((own, others, below, up_to))

    def area(weights: np.ndarray) -> np.ndarray:
        total, present = np.zeros((2, weights.shape[1]))
        for own, others, below, up_to in ranked:
            passed = np.zeros((len(others) + 1, weights.shape[1]), np.float32)
            np.cumsum(weights[others], axis=0, out=passed[1:])
            mine = weights[own]
            won = np.einsum("im,im->m", mine, passed[below] + passed[up_to], dtype=np.float64) / 2
            pairs = mine.sum(axis=0, dtype=np.float64) * passed[-1]
            total += np.divide(won, pairs, out=np.zeros_like(won), where=pairs > 0)
            present += pairs > 0
        return np.divide(total, present, out=np.full_like(total, np.nan), where=present > 0)

    return area


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
