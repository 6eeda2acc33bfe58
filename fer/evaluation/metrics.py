"""Figures of a classifier, each with what it was measured on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    confusion_matrix,
    log_loss,
    matthews_corrcoef,
    precision_recall_fscore_support,
    roc_auc_score,
    top_k_accuracy_score,
)

from fer.errors import DatasetError
from fer.evaluation.calibration import expected_calibration_error
from fer.evaluation.intervals import bootstrap, wilson


def metrics(
    targets: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> dict[str, Any]:
    """Figures over the classes that are present.

    A prediction of a class that the data set lacks counts as wrong; means over classes include
    only those with at least one face.

    Args:
        targets: True class indices into `labels`, shape (n,).
        probabilities: Shape (n, classes), rows sum to 1.
        labels: The model's classes.

    Returns:
        `images`, `accuracy`, `accuracy_ci95` (Wilson), `mean_confidence`, `balanced_accuracy`,
        `macro_f1`, `weighted_f1`, `top2_accuracy`, `kappa` (Cohen), `matthews`, `roc_auc` (one
        against the rest, mean over classes), `log_loss` (nats), `brier` (0–2), `ece`; `ci95`, the
        bootstrap
        intervals of balanced accuracy, macro F1 and ECE; `per_class` (by present label:
        precision, recall, f1, support), `labels`, `confusion_matrix` (rows are true, columns
        predicted, in the order of `labels`). `kappa` and `roc_auc` are None if there is only one
        class.

    Raises:
        DatasetError: If there are no faces.
    """
    if not len(targets):
        raise DatasetError("There are no faces to evaluate on.")
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    predicted = probabilities.argmax(axis=1)
    present, classes = np.unique(targets), np.arange(len(labels))
    precision, recall, f1, support = precision_recall_fscore_support(
        targets, predicted, labels=present, zero_division=0.0
    )
    per_class = pd.DataFrame(
        {"precision": precision, "recall": recall, "f1": f1, "support": support},
        index=[labels[index] for index in present],
    )
    correct = int(accuracy_score(targets, predicted, normalize=False))
    varied = len(present) > 1 or (predicted != targets).any()
    return {
        "images": len(targets),
        "accuracy": correct / len(targets),
        "accuracy_ci95": wilson(correct, len(targets)),
        "mean_confidence": float(probabilities.max(axis=1).mean(dtype=np.float64)),
        "balanced_accuracy": float(np.mean(recall)),
        "macro_f1": float(np.mean(f1)),
        "weighted_f1": float(np.average(f1, weights=support)),
        "top2_accuracy": 1.0
        if len(labels) == 2
        else float(top_k_accuracy_score(targets, exact, k=2, labels=classes)),
        "kappa": float(cohen_kappa_score(targets, predicted, labels=classes)) if varied else None,
        "matthews": float(matthews_corrcoef(targets, predicted)) if varied else 0.0,
        "roc_auc": _roc_auc(targets, exact, present),
        "log_loss": float(log_loss(targets, exact, labels=classes)),
        "brier": float(brier_score_loss(np.eye(len(labels))[targets], exact))
        if len(labels) > 2
        else 2 * float(brier_score_loss(targets, exact[:, 1], labels=classes)),
        "ece": expected_calibration_error(probabilities.max(axis=1), predicted == targets),
        "ci95": bootstrap(targets, exact),
        "per_class": per_class.to_dict("index"),
        "labels": list(labels),
        "confusion_matrix": confusion_matrix(targets, predicted, labels=classes).tolist(),
    }


def _roc_auc(targets: np.ndarray, exact: np.ndarray, present: np.ndarray) -> float | None:
    if len(present) < 2:
        return None
    return float(np.mean([roc_auc_score(targets == i, exact[:, i]) for i in present]))
