"""Figures of a model on whole photos: those of its answers, and where it gave none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fer.data import TEST_SPLITS, Dataset
from fer.evaluation.figures import figures
from fer.evaluation.intervals import wilson
from fer.evaluation.predictions import PredictionTable, joined
from fer.models.card import ModelCard


def photo_table(
    card: ModelCard, faces: Dataset, probabilities: np.ndarray, *, left_out: int = 0
) -> PredictionTable:
    """The prediction table of faces that were found on photos.

    Args:
        card: The model's.
        faces: The faces; the model knows all their classes.
        probabilities: Calibrated, in the order of the card's labels, shape (n, classes), float32.
        left_out: Number of photos skipped because the model lacks their class.
    """
    frame = joined(faces, probabilities, faces.targets_among(card.labels), card.labels)
    frame.insert(0, "row", np.arange(len(frame)))
    return PredictionTable(
        frame=frame.assign(in_training=False, label_by_hand="", excluded=False),
        labels=card.labels,
        model=card.name,
        dataset=faces.name,
        split="photos",
        temperature=card.temperature,
        left_out=left_out,
        trained_on=card.data.get("name", ""),
        trained_on_drawn=bool(card.data.get("synthetic", False)),
    )


def photo_figures(
    table: PredictionTable,
    *,
    unanswered: Sequence[Mapping[str, str]],
    skipped: Mapping[str, str],
    several: int,
    detector: str,
) -> dict[str, Any]:
    """All figures of a model on photos.

    Args:
        table: As `photo_table` gives it.
        unanswered: `path`, `label` and `reason` of the photos without a face, or with one that is
            too small or too blurred.
        skipped: Reason by path of what was skipped.
        several: Number of photos with more than one face, of which the largest counts.
        detector: Name of the face detector.

    Returns:
        Those of `fer.evaluation.figures.figures`, on the faces with an answer; each class also
        has `recall_ci95` (Wilson) and `unanswered`, and a class whose photos all lack an answer
        has 0 faces and None for its other figures. Then `photos` (with an answer and without),
        `accuracy_of_photos` with its `accuracy_of_photos_ci95`, which count a photo without an
        answer as wrong; `wrong` (`path`, `label`, `predicted`, `confidence`; the most confident
        first); `unanswered`, `skipped` (`path`, `reason`), `several_faces`, `copies` (faces that
        equal an earlier one), `detector`.
    """
    measured = figures(table)
    frame = table.frame
    right, photos = int(frame["correct"].sum()), len(table) + len(unanswered)
    without = Counter(photo["label"] for photo in unanswered)
    per_class = measured["per_class"]
    for row in per_class.values():
        row["recall_ci95"] = wilson(round(row["recall"] * row["support"]), int(row["support"]))
    unmeasured = {
        "precision": None, "recall": None, "f1": None, "support": 0, "recall_ci95": None
    }  # fmt: skip
    shown = [label for label in table.labels if label in per_class or without[label]]
    wrong = frame[~frame["correct"]].sort_values("confidence", ascending=False, kind="stable")
    columns = ["path", "label", "predicted", "confidence"]
    return {
        **measured,
        "per_class": {
            label: {**per_class.get(label, unmeasured), "unanswered": without[label]}
            for label in shown
        },
        "photos": photos,
        "accuracy_of_photos": right / photos,
        "accuracy_of_photos_ci95": wilson(right, photos),
        "wrong": wrong[columns].astype({"confidence": float}).to_dict("records"),
        "unanswered": [dict(photo) for photo in unanswered],
        "skipped": [{"path": path, "reason": reason} for path, reason in skipped.items()],
        "several_faces": several,
        "copies": int(frame["hash"].duplicated().sum()),
        "detector": detector,
    }


def figures_on_test(card: ModelCard) -> tuple[str, Mapping[str, Any]]:
    """The split and the figures of a card's test data; empty if it has none."""
    split = next((split for split in TEST_SPLITS if split in card.metrics), "")
    return split, card.metrics.get(split, {})
