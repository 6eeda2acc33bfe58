"""Whether confidence matches accuracy, and the temperature that brings them together."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

from fer.data import Dataset
from fer.evaluation.intervals import BINS
from fer.evaluation.predictions import predictions
from fer.models.model import Model
from fer.nets.forward import tempered
from fer.progress import Progress

_RANGE = (0.05, 20.0)


def reliability(confidence: np.ndarray, correct: np.ndarray) -> list[dict[str, float]]:
    """Confidence and accuracy in up to 15 bins of equally many faces (Nguyen & O'Connor 2015).

    Args:
        confidence: Probability of the predicted class, shape (n,), 0–1.
        correct: Whether it was right, shape (n,), bool.

    Returns:
        By rising confidence, each bin's `images`, mean `confidence` and `accuracy`.
    """
    order = np.argsort(confidence, kind="stable")
    bins = [rows for rows in np.array_split(order, BINS) if len(rows)]
    return [
        {
            "images": len(rows),
            "confidence": float(confidence[rows].mean(dtype=np.float64)),
            "accuracy": float(correct[rows].mean()),
        }
        for rows in bins
    ]


def expected_calibration_error(confidence: np.ndarray, correct: np.ndarray) -> float:
    """Mean distance between confidence and accuracy over those bins, weighted by faces, 0–1."""
    bins = reliability(confidence, correct)
    gap = sum(row["images"] * abs(row["confidence"] - row["accuracy"]) for row in bins)
    return float(gap / len(confidence))


def fit_temperature(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The temperature that minimises the log loss (Guo et al. 2017), from 0.05 to 20.

    Args:
        probabilities: At temperature 1, shape (n, classes); of validation faces, never of test.
        targets: True class indices, shape (n,).
    """
    classes = np.arange(probabilities.shape[1])

    def loss(exponent: float) -> float:
        answers = tempered(probabilities, float(np.exp(exponent))).astype(np.float64)
        answers /= answers.sum(axis=1, keepdims=True)
        return float(log_loss(targets, answers, labels=classes))

    fitted = minimize_scalar(loss, bounds=np.log(_RANGE), method="bounded")
    return round(float(np.exp(fitted.x)), 4)


def calibrate(
    model: Model, dataset: Dataset, *, progress: Progress | None = None
) -> tuple[float, dict[str, Any]]:
    """Fit a model's temperature on the validation part.

    Returns:
        The temperature and a record of the fit: `dataset`, `fingerprint`, `split`, `images`, and
        the ECE before (at temperature 1) and after, `ece_before` and `ece_after`.

    Raises:
        DatasetError: If there is no validation part, or it shares no class with the model.
    """
    plain = replace(model, card=replace(model.card, temperature=1.0))
    table = predictions(plain, dataset, "validation", progress=progress)
    temperature = fit_temperature(table.probabilities, table.targets)
    correct = table.frame["correct"].to_numpy(bool)
    after = tempered(table.probabilities, temperature).max(axis=1)
    return temperature, {
        "dataset": dataset.name,
        "fingerprint": dataset.as_given.fingerprint(),
        "split": "validation",
        "images": len(table),
        "ece_before": expected_calibration_error(table.probabilities.max(axis=1), correct),
        "ece_after": expected_calibration_error(after, correct),
    }


def coverage_curve(
    confidence: np.ndarray, correct: np.ndarray, *, points: int = 101
) -> list[dict[str, Any]]:
    """Accuracy when faces below a confidence get no answer (Geifman & El-Yaniv 2017).

    Returns:
        For thresholds from 0 to 1: `threshold`, `coverage` (share of faces answered), `accuracy`
        on those (None if there are none), and `images`.
    """
    n, order = len(confidence), np.argsort(confidence, kind="stable")
    right_above = np.append(np.cumsum(correct[order][::-1])[::-1], 0)
    thresholds = np.round(np.linspace(0, 1, points), 4)
    below = np.searchsorted(confidence[order], thresholds)
    return [
        {
            "threshold": float(threshold),
            "coverage": kept / n,
            "accuracy": float(right_above[n - kept] / kept) if kept else None,
            "images": kept,
        }
        for threshold, kept in zip(thresholds, (n - below).tolist(), strict=True)
    ]
