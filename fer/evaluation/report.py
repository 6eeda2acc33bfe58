"""A report to share: one HTML file that needs nothing else, and the same figures as JSON."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer.data import Dataset
from fer.errors import FerError, ModelError
from fer.evaluation.attention import MeanAttention, mean_attention
from fer.evaluation.calibration import coverage_curve, reliability
from fer.evaluation.comparison import Comparison
from fer.evaluation.label_errors import label_errors
from fer.evaluation.predictions import PredictionTable
from fer.evaluation.report_html import html
from fer.evaluation.slices import picture_facts, slice_figures
from fer.models.card import ModelCard
from fer.models.model import Model

_HEAT_SIDE = 16


def full_figures(
    model: Model,
    dataset: Dataset,
    table: PredictionTable,
    figures: dict[str, Any],
    comparison: Comparison | None = None,
) -> dict[str, Any]:
    """The figures of `evaluate` with everything else that a report holds.

    Args:
        model: The model.
        dataset: Where the faces are.
        table: What the model said of them.
        figures: As `fer.evaluation.figures.figures` gives them.
        comparison: With a second model.

    Returns:
        Further `reliability`, `coverage`, `slices` (the worst first), `label_errors` (the
        likeliest first: `path`, `label`, `predicted`, `label_quality`) and `attention` (by class:
        `images` and the mean Grad-CAM `heat`, 16 rows of 16, 0–1; empty where the network has
        nothing to show). With a comparison, `comparison`: its figures, `matrix_difference`,
        and the paths `only_first_right` and `only_second_right`.
    """
    confidence = table.frame["confidence"].to_numpy()
    correct = table.frame["correct"].to_numpy(bool)
    facts = picture_facts(dataset, table.frame["row"].to_numpy())
    full = {
        **figures,
        "reliability": reliability(confidence, correct),
        "coverage": coverage_curve(confidence, correct),
        "slices": slice_figures(table, facts),
        "label_errors": listed_errors(table),
        "attention": _coarse(_attention(model, dataset, table)),
    }
    if comparison:
        full["comparison"] = comparison_record(comparison)
    return full


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """A comparison as a report holds it."""
    return {
        **comparison.figures,
        "labels": list(comparison.labels),
        "matrix_difference": comparison.matrix_difference.tolist(),
        "only_first_right": list(comparison.only_first),
        "only_second_right": list(comparison.only_second),
    }


def listed_errors(table: PredictionTable) -> list[dict[str, Any]]:
    """Labels that are likely wrong, the likeliest first, as `full_figures` gives them."""
    doubt = table.frame[["path", "label", "predicted"]].join(label_errors(table))
    doubted = doubt[doubt["label_issue"]].sort_values("label_quality").drop(columns="label_issue")
    return [{str(name): value for name, value in row.items()} for row in doubted.to_dict("records")]


def _attention(
    model: Model, dataset: Dataset, table: PredictionTable
) -> Mapping[str, MeanAttention]:
    try:
        return mean_attention(model, dataset, table)
    except ModelError:  # a network without a convolution, or another backend
        return {}


def _coarse(attention: Mapping[str, MeanAttention]) -> dict[str, Any]:
    """Small enough for JSON, and without the mean face: a report shows nobody."""
    size = (_HEAT_SIDE, _HEAT_SIDE)
    return {
        label: {
            "images": mean.images,
            "heat": np.round(
                cv2.resize(mean.heat, size, interpolation=cv2.INTER_AREA).astype(float), 3
            ).tolist(),
        }
        for label, mean in attention.items()
    }


def check_target(file: Path) -> None:
    """Refuse a place where no report can be written, before work is spent on it.

    Raises:
        FerError: If it is a folder, its folder is missing, or its name does not end in `.html`.
    """
    if file.suffix.lower() not in (".html", ".htm"):
        raise FerError(f"The report '{file}' must end in .html; its JSON is written beside it.")
    if file.is_dir() or not file.parent.is_dir():
        raise FerError(
            f"No report can be written to '{file}'. Give a file in a folder that is there."
        )


def write_report(full: dict[str, Any], card: ModelCard, file: Path) -> None:
    """Write the HTML, and the JSON of the same name beside it.

    Raises:
        FerError: If they cannot be written.
    """
    check_target(file)
    try:
        for target, text in ((file, html(full, card)), (file.with_suffix(".json"), as_json(full))):
            with tempfile.TemporaryDirectory(dir=file.parent, prefix=".report-") as folder:
                made = Path(folder) / target.name
                made.write_text(text, encoding="utf-8")
                made.replace(target)
    except OSError as error:
        raise FerError(f"The report cannot be written to '{file}': {error}.") from error


def as_json(full: dict[str, Any]) -> str:
    """The figures as readable JSON text."""
    return json.dumps(full, indent=2, ensure_ascii=False, default=float) + "\n"
