"""Measure a model on a part of a data set."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fer.data import Dataset
from fer.evaluation.calibration import expected_calibration_error, fit_temperature
from fer.evaluation.caveats import leak_free, votes
from fer.evaluation.metrics import metrics
from fer.evaluation.predictions import PredictionTable, predictions
from fer.models.model import Model
from fer.nets.forward import tempered


def evaluate(
    model: Model,
    dataset: Dataset,
    split: str = "test",
    *,
    tta: str = "none",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Figures of a model on one split.

    Args:
        model: The model.
        dataset: Faces of the size and channels that the model's card names.
        split: As `Dataset.select` takes it.
        tta: Test-time augmentation: `none`, `flip`, `shifts` or `ten_crop`.
        progress: Called with faces done and faces planned.

    Returns:
        What `figures` gives.

    Raises:
        DatasetError: If the split is empty, or shares no class with the model.
        ConfigError: If `tta` is unknown.
    """
    return figures(predictions(model, dataset, split, tta=tta, progress=progress))


def figures(table: PredictionTable) -> dict[str, Any]:
    """All figures of a prediction table.

    Returns:
        What `metrics` gives, and `model`, `dataset`, `split`, `synthetic` (whether its faces are
        drawn), `truth` (what is taken for right: `label` or `votes`), `learnt_truth` (what the
        model took for right in training), `tta`, `temperature`; `left_out` (faces of classes that
        the model does not know), `excluded` (by hand) and `undecided` (by the annotators);
        `leak_free` and `votes`, as `fer.evaluation.caveats` gives them.
    """
    return {
        "model": table.model,
        "dataset": table.dataset,
        "split": table.split,
        "synthetic": table.synthetic,
        "truth": table.truth,
        "learnt_truth": table.learnt_truth,
        "tta": table.tta,
        "temperature": table.temperature,
        "left_out": table.left_out,
        "excluded": table.excluded,
        "undecided": table.undecided,
        **metrics(table.targets, table.probabilities, table.labels),
        "leak_free": leak_free(table),
        "votes": votes(table),
    }


def calibrate(
    model: Model,
    dataset: Dataset,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[float, dict[str, Any]]:
    """Fit the temperature on the validation part.

    Returns:
        The temperature, and a record of what it was fitted on: `dataset`, `fingerprint`,
        `split`, `images`, and the ECE there, `ece_before` (at temperature 1) and `ece_after`.

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
        "fingerprint": dataset.fingerprint(),
        "split": "validation",
        "images": len(table),
        "ece_before": expected_calibration_error(table.probabilities.max(axis=1), correct),
        "ece_after": expected_calibration_error(after, correct),
    }
