"""Two models on the same faces."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from fer.errors import DatasetError
from fer.evaluation.intervals import RESAMPLES, percentile_interval
from fer.evaluation.predictions import PredictionTable
from fer.wording import p_value, signed


def check_classes(*known: tuple[str, Sequence[str]]) -> None:
    """Refuse models that cannot be compared, before they have classified anything.

    Args:
        known: Each model's name and classes.

    Raises:
        DatasetError: If they differ in their classes.
    """
    if len({frozenset(labels) for _, labels in known}) > 1:
        raise DatasetError(
            "; ".join(f"'{model}' knows {', '.join(labels)}" for model, labels in known)
            + ". Only models of the same classes can be compared."
        )


def compare(first: PredictionTable, second: PredictionTable) -> dict[str, Any]:
    """Compare two models on the faces that both tables hold.

    Returns:
        `first` and `second` (the models' names), `images`; `first_accuracy` and
        `second_accuracy`, on the labels of the first's table; `difference` (second minus first)
        with `difference_ci95` (bootstrap over faces); the same of the mean recall of the classes
        as `first_recall`, `second_recall`, `recall_difference` and `recall_difference_ci95`;
        `only_first` and `only_second` (faces that
        only one gets right, with their paths as `only_first_right` and `only_second_right`),
        `both` and `neither`; `p_value` of McNemar's exact test; `first_leaked` and
        `second_leaked` (faces of which the model was trained on an exact copy); `labels` and, in
        their order, `matrix_difference`, the confusion matrix of the second minus that of the
        first.

    Raises:
        DatasetError: If they share no face, or differ in their classes.
    """
    check_classes((first.model, first.labels), (second.model, second.labels))
    columns = ["path", "predicted", "in_training"]
    both = first.frame[[*columns, "label"]].merge(
        second.frame[columns], on="path", suffixes=("", "_second")
    )
    if both.empty:
        raise DatasetError("The two tables share no face. Choose the same data set and split.")
    answers = [both[name].astype(str) for name in ("predicted", "predicted_second")]
    right, right_second = ((answer == both["label"].astype(str)).to_numpy() for answer in answers)
    only_first, only_second = right & ~right_second, right_second & ~right
    n, n_first, n_second = len(both), int(only_first.sum()), int(only_second.sum())
    # Resampling faces is drawing from three kinds: right by the first, by the second, the rest.
    kinds = np.array([n_first, n_second, n - n_first - n_second]) / n
    drawn = np.random.default_rng(0).multinomial(n, kinds, size=RESAMPLES)
    matrix, matrix_second = (
        confusion_matrix(both["label"].astype(str), answer, labels=list(first.labels))
        for answer in answers
    )
    # McNemar 1947, in its exact binomial form.
    p_value = binomtest(n_first, n_first + n_second).pvalue if n_first + n_second else 1
    return {
        "first": first.model,
        "second": second.model,
        "images": n,
        "first_accuracy": float(right.mean()),
        "second_accuracy": float(right_second.mean()),
        "difference": (n_second - n_first) / n,
        "difference_ci95": percentile_interval((drawn[:, 1] - drawn[:, 0]) / n),
        **_recalls(both["label"].astype(str).to_numpy(), right, right_second),
        "only_first": n_first,
        "only_second": n_second,
        "both": int((right & right_second).sum()),
        "neither": int((~right & ~right_second).sum()),
        "p_value": float(p_value),
        "first_leaked": int(both["in_training"].sum()),
        "second_leaked": int(both["in_training_second"].sum()),
        "labels": list(first.labels),
        "matrix_difference": (matrix_second - matrix).tolist(),
        "only_first_right": both["path"][only_first].tolist(),
        "only_second_right": both["path"][only_second].tolist(),
    }


def _recalls(labels: np.ndarray, right: np.ndarray, right_second: np.ndarray) -> dict[str, Any]:
    """Both mean recalls and their difference.

    Args:
        labels: Of the faces, shape (n,).
        right: Whether the first one's answer is right, shape (n,), bool.
        right_second: The same of the second.
    """
    _, classes = np.unique(labels, return_inverse=True)
    kinds = 4 * classes + 2 * right + right_second  # right by neither, second, first, both
    counts = np.bincount(kinds, minlength=4 * (classes.max() + 1))
    drawn = np.random.default_rng(0).multinomial(len(labels), counts / len(labels), RESAMPLES)
    samples = np.concatenate([counts[None], drawn]).reshape(RESAMPLES + 1, -1, 4)
    faces = samples.sum(axis=2)
    is_there = faces > 0
    recalls = [
        (samples[:, :, places].sum(axis=2) / np.maximum(faces, 1)).sum(axis=1)
        / is_there.sum(axis=1)
        for places in ([2, 3], [1, 3])
    ]
    difference = recalls[1] - recalls[0]
    return {
        "first_recall": float(recalls[0][0]),
        "second_recall": float(recalls[1][0]),
        "recall_difference": float(difference[0]),
        "recall_difference_ci95": percentile_interval(difference[1:]),
    }


def verdict(figures: Mapping[str, Any]) -> str:
    """The outcome of `compare` in sentences."""
    low, high = (100 * end for end in figures["difference_ci95"])
    chance = figures["p_value"]
    is_proven = chance < 0.05
    sentences = (
        f"{figures['first']} {figures['first_accuracy']:.1%}, {figures['second']} "
        f"{figures['second_accuracy']:.1%} on the same {figures['images']:,} faces and labels: "
        f"difference {signed(100 * figures['difference'], 1)} points (95% interval "
        f"{signed(low, 1)} to {signed(high, 1)}). McNemar's exact test: "
        f"p {p_value(chance, sign='= ')}, "
        f"{'a real difference' if is_proven else 'no proof of a difference'}."
    )
    if figures["first_leaked"] != figures["second_leaked"]:
        sentences += (
            f" {figures['first']} was trained on {figures['first_leaked']:,} of them, "
            f"{figures['second']} on {figures['second_leaked']:,}, so the comparison is uneven."
        )
    return sentences


def recall_sentence(figures: Mapping[str, Any]) -> str:
    """The difference in mean recall in a sentence."""
    low, high = (100 * end for end in figures["recall_difference_ci95"])
    return (
        f"Mean recall {figures['first_recall']:.1%} and {figures['second_recall']:.1%}: difference "
        f"{signed(100 * figures['recall_difference'], 1)} points (95% interval {signed(low, 1)} to "
        f"{signed(high, 1)})."
    )
