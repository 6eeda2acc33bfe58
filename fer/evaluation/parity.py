"""Whether a network that was written in other forms still answers as it did."""

import timeit
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import balanced_accuracy_score

from fer.data import Dataset
from fer.evaluation.intervals import accuracy_of, bootstrap
from fer.evaluation.probabilities import uncalibrated_probabilities
from fer.models.card import check_faces
from fer.models.model import Model
from fer.progress import Progress

_TIMED_CALLS = 200


def parity(
    original: Model,
    written: Mapping[str, Model],
    dataset: Dataset,
    split: str,
    *,
    most: int | None = None,
    progress: Progress | None = None,
) -> dict[str, dict[str, Any]]:
    """Compare networks with the one that they come from, face by face.

    Args:
        original: The model.
        written: Its other forms, by any names.
        dataset: Faces in the shape of its card; labels count as given.
        split: As `Dataset.select` takes it.
        most: Most faces to compare, taken evenly; None for all.
        progress: Called with faces done and faces planned, over all forms.

    Returns:
        A row for the original, under the name of its form, and one for each other form:
        `dataset`, `synthetic` (whether the faces are drawn), `split`, `images`, `accuracy` and
        `accuracy_ci95` (None if the model knows none of the classes), `balanced_accuracy` and
        `balanced_accuracy_ci95` (missing then), `largest_difference` of a probability before
        calibration, `same_answer` (the share of faces with the same answer), and `one_face_ms`,
        the median time of one face here.

    Raises:
        DatasetError: If the split is empty, or its faces are of another shape.
    """
    card = original.card
    check_faces(dataset, f"the model '{card.name}' takes", card.shape)
    part = dataset.as_given.select(split)
    targets = part.targets_among(card.labels)
    known = np.flatnonzero(targets >= 0)
    if len(known):
        part, targets = part.take(known), targets[known]
    if most and len(part) > most:
        rows = np.linspace(0, len(part) - 1, most).astype(int)
        part, targets = part.take(rows), targets[rows]
    forms = {original.form: original, **written}
    expected: np.ndarray | None = None
    table = {}
    for number, (name, model) in enumerate(forms.items()):

        def report(done: int, planned: int, before: int = number * len(part)) -> None:
            if progress:
                progress(before + done, len(part) * len(forms))

        found = uncalibrated_probabilities(model, part, split, progress=report)
        expected = found if expected is None else expected
        answers = found.argmax(axis=1)
        is_known = targets >= 0
        table[name] = {
            "dataset": dataset.name,
            "synthetic": dataset.synthetic,
            "split": split,
            **_figures(targets[is_known], found[is_known]),
            "images": len(part),
            "largest_difference": float(np.abs(found - expected).max()),
            "same_answer": float((answers == expected.argmax(axis=1)).mean()),
            "one_face_ms": _one_face_ms(model, part),
        }
    return table


def _figures(targets: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    answers = probabilities.argmax(axis=1)
    figures = accuracy_of(pd.Series(answers == targets))
    if len(targets):
        interval = bootstrap(targets, probabilities)["balanced_accuracy"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of answers that are no face's class
            recall = float(balanced_accuracy_score(targets, answers))
        figures |= {"balanced_accuracy": recall, "balanced_accuracy_ci95": interval}
    return figures


def _one_face_ms(model: Model, part: Dataset) -> float:
    face = np.ascontiguousarray(part.pixels[:1])
    seconds = timeit.repeat(lambda: model.classify(face), number=1, repeat=_TIMED_CALLS)
    return round(float(np.median(seconds)) * 1000, 3)
