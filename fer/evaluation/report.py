"""A report to share: one HTML file that works offline, and the same figures as JSON."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer.data import Dataset
from fer.errors import FerError, MissingPackageError, ModelError
from fer.evaluation.attention import mean_attention
from fer.evaluation.calibration import coverage_curve, reliability
from fer.evaluation.label_errors import label_errors, listed_errors
from fer.evaluation.predictions import PredictionTable
from fer.evaluation.slices import face_facts, slice_figures
from fer.files import is_folder, write_text
from fer.models.card import ModelCard
from fer.models.model import Model

_HEAT_SIDE = 16


def full_figures(
    model: Model, dataset: Dataset, table: PredictionTable, figures: dict[str, Any]
) -> dict[str, Any]:
    """The figures of a table with everything else that a report holds.

    Args:
        model: The model.
        dataset: The data set that the faces come from.
        table: The model's predictions on them.
        figures: From `fer.evaluation.figures.figures`; may also hold a `comparison`.

    Returns:
        The figures and `reliability`, `coverage`, `slices` (the worst first), `label_errors` (as
        `listed_errors`) and `attention` (by class: `images` and the mean Grad-CAM `heat`, 16 rows
        of 16, 0–1; empty if Grad-CAM does not apply to the network).
    """
    confidence = table.frame["confidence"].to_numpy()
    correct = table.frame["correct"].to_numpy(bool)
    facts = face_facts(dataset, table.frame["row"].to_numpy())
    try:
        attention = mean_attention(model, dataset, table)
    except (ModelError, MissingPackageError):  # no convolution, another backend, or no Keras
        attention = {}
    return {
        **figures,
        "reliability": reliability(confidence, correct),
        "coverage": coverage_curve(confidence, correct),
        "slices": slice_figures(table, facts),
        "label_errors": listed_errors(table, label_errors(table)),
        # Small enough for JSON, and without the mean face: a report shows nobody.
        "attention": {
            label: {"images": mean.images, "heat": _coarse(mean.heat)}
            for label, mean in attention.items()
        },
    }


def _coarse(heat: np.ndarray) -> list[list[float]]:
    small = cv2.resize(heat, (_HEAT_SIDE, _HEAT_SIDE), interpolation=cv2.INTER_AREA)
    rows: list[list[float]] = np.round(small.astype(float), 3).tolist()
    return rows


def check_target(file: Path) -> None:
    """Raise a FerError for a folder, a missing folder, or a name that does not end in `.html`."""
    if file.suffix.lower() not in (".html", ".htm"):
        raise FerError(f"The report '{file}' must end in .html; its JSON is written beside it.")
    if is_folder(file) or not is_folder(file.parent):
        raise FerError(
            f"No report can be written to '{file}'. Give a file in a folder that exists."
        )


def write_report(full: dict[str, Any], card: ModelCard, file: Path) -> None:
    """Write the HTML, and the JSON of the same name beside it.

    Raises:
        FerError: If they cannot be written.
    """
    from fer.evaluation.report_html import html  # with Plotly, which only a report needs

    check_target(file)
    try:
        write_text(file, html(full, card))
        write_text(file.with_suffix(".json"), as_json(full))
    except OSError as error:
        raise FerError(f"The report cannot be written to '{file}': {error}.") from error


def as_json(full: dict[str, Any]) -> str:
    """The figures as readable JSON text."""
    return json.dumps(full, indent=2, ensure_ascii=False, default=float) + "\n"
