"""The report as one HTML page that works offline, drawn from `report.html.j2`."""

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from fer import emotions
from fer.evaluation.caveats import caveats, is_test
from fer.evaluation.charts import coverage_chart, reliability_chart
from fer.evaluation.comparison import verdict
from fer.evaluation.matrix import matrix_cells
from fer.evaluation.slices import slice_name
from fer.models.card import ModelCard
from fer.nets.explain import heat_colors
from fer.wording import counted, percent, split_name

_LISTED = 50
_HEAT_PX = 128
_GRID = "rgba(128,128,128,.3)"
_NAMES = {
    "balanced_accuracy": "Balanced accuracy", "macro_f1": "Macro F1", "weighted_f1": "Weighted F1",
    "top2_accuracy": "Top-2 accuracy", "kappa": "Cohen's kappa", "matthews": "Matthews",
    "roc_auc": "ROC AUC", "log_loss": "Log loss (nats)", "brier": "Brier score", "ece": "ECE",
}  # fmt: skip


def html(full: Mapping[str, Any], card: ModelCard) -> str:
    """The report, from what `fer.evaluation.report.full_figures` gives.

    Its charts need JavaScript, which is part of the file; its tables do not. It shows no face, as
    reports are shared.
    """
    comparison = full.get("comparison")
    return _template().render(
        full={"comparison": None, **full},
        card=card,
        caveats=caveats(full),
        grave=full["leak_free"]["leaked"] or not is_test(full),
        figure_names=_NAMES,
        cells=matrix_cells(np.array(full["confusion_matrix"]), full["labels"]),
        charts=_charts(full),
        plotly_js=Markup(get_plotlyjs()),
        heat_uri=lambda heat: _heat_uri(heat, card.framing),
        heat_px=_HEAT_PX,
        listed=_LISTED,
        verdict=verdict(comparison) if comparison else "",
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent="{:.1%}".format,
        share=percent,
        count="{:,}".format,
        split=split_name,
        symbol=lambda label: emotions.describe(label).symbol,
    )
    environment.globals.update(zip=zip, counted=counted, slice_name=slice_name)
    return environment.get_template("report.html.j2")


def _charts(full: Mapping[str, Any]) -> dict[str, str]:
    """Plotly's figures as JSON, which the page draws in the colours of its scheme."""
    figures = {
        "reliability": reliability_chart(full["reliability"]),
        "coverage": coverage_chart(full["coverage"]),
    }
    for figure in figures.values():
        figure.update_layout(template="none", font={"family": "system-ui, sans-serif"})
        figure.update_xaxes(gridcolor=_GRID)
        figure.update_yaxes(gridcolor=_GRID)
    return {name: figure.to_json() for name, figure in figures.items()}


def _heat_uri(heat: Sequence[Sequence[float]], framing: Mapping[str, Any]) -> str:
    colors = heat_colors(np.array(heat, np.float32), (_HEAT_PX, _HEAT_PX))
    if {"eyes_x", "eyes_y", "span"} <= framing.keys():
        for side in (-0.5, 0.5):
            eye = (framing["eyes_x"] + side * framing["span"], framing["eyes_y"])
            x, y = (round(_HEAT_PX * float(share)) for share in eye)
            cv2.circle(colors, (x, y), _HEAT_PX // 14, (255, 255, 255), 1, cv2.LINE_AA)
    png = cv2.imencode(".png", cv2.cvtColor(colors, cv2.COLOR_RGB2BGR))[1].tobytes()
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
