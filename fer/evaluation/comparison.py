"""Two models on the same faces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from fer.errors import DatasetError
from fer.evaluation.intervals import RESAMPLES, percentile_interval
from fer.evaluation.predictions import PredictionTable


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """How two models differ.

    Attributes:
        figures: `first` and `second` (the models' names), `images`; `first_accuracy` and
            `second_accuracy`, on the labels of the first's table; `difference` (second minus
            first) with `difference_ci95` (bootstrap over faces); `only_first` and `only_second`
            (faces that only one gets right), `both` and `neither`; `p_value` of McNemar's exact
            test; `first_leaked` and `second_leaked` (faces of which the model was trained on an
            exact copy).
        matrix_difference: Confusion matrix of the second minus that of the first, shape (k, k).
        labels: Its order.
        only_first: Paths that only the first gets right.
        only_second: Paths that only the second gets right.
    """

    figures: dict[str, Any]
    matrix_difference: np.ndarray
    labels: tuple[str, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


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


def compare(first: PredictionTable, second: PredictionTable, *, seed: int = 0) -> Comparison:
    """Compare two models on the faces that both tables hold.

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
    right, right_second = (
        (both[predicted].astype(str) == both["label"].astype(str)).to_numpy()
        for predicted in ("predicted", "predicted_second")
    )
    only_first, only_second = right & ~right_second, right_second & ~right
    discordant = int(only_first.sum() + only_second.sum())
    counts = np.array([only_first.sum(), only_second.sum(), len(both) - discordant])
    # Resampling faces is drawing from these three kinds of them.
    drawn = np.random.default_rng(seed).multinomial(len(both), counts / len(both), size=RESAMPLES)
    matrices = [
        confusion_matrix(both["label"], both[predicted], labels=list(first.labels))
        for predicted in ("predicted", "predicted_second")
    ]
    return Comparison(
        figures={
            "first": first.model,
            "second": second.model,
            "images": len(both),
            "first_accuracy": float(right.mean()),
            "second_accuracy": float(right_second.mean()),
            "difference": float((counts[1] - counts[0]) / len(both)),
            "difference_ci95": percentile_interval((drawn[:, 1] - drawn[:, 0]) / len(both)),
            "only_first": int(only_first.sum()),
            "only_second": int(only_second.sum()),
            "both": int((right & right_second).sum()),
            "neither": int((~right & ~right_second).sum()),
            # McNemar 1947, in its exact binomial form.
            "p_value": float(binomtest(int(only_first.sum()), discordant).pvalue)
            if discordant
            else 1.0,
            "first_leaked": int(both["in_training"].sum()),
            "second_leaked": int(both["in_training_second"].sum()),
        },
        matrix_difference=matrices[1] - matrices[0],
        labels=first.labels,
        only_first=tuple(both["path"][only_first]),
        only_second=tuple(both["path"][only_second]),
    )


def verdict(figures: Mapping[str, Any]) -> str:
    """The comparison in sentences."""
    low, high = (100 * end for end in figures["difference_ci95"])
    is_proven = figures["p_value"] < 0.05
    sentences = (
        f"{figures['first']} {figures['first_accuracy']:.1%}, {figures['second']} "
        f"{figures['second_accuracy']:.1%} on the same {figures['images']:,} faces and labels: "
        f"difference {100 * figures['difference']:+.1f} points (95 % interval {low:+.1f} to "
        f"{high:+.1f}). McNemar's exact test: p = {figures['p_value']:.3g}, "
        f"{'a real difference' if is_proven else 'no proof of a difference'}."
    )
    if figures["first_leaked"] != figures["second_leaked"]:
        sentences += (
            f" {figures['first']} was trained on {figures['first_leaked']:,} of them, "
            f"{figures['second']} on {figures['second_leaked']:,}, so the comparison is uneven."
        )
    return sentences
