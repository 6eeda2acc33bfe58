"""Charts of an evaluation, as Plotly figures for a page and for the report alike.

The background is transparent, so that they suit a light page and a dark one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

RIGHT_COLOR, WRONG_COLOR = "#0072B2", "#D55E00"  # distinct to colour-blind people

# Orange where wrong, blue where right, almost transparent where there are no faces.
_CELL_COLORS = [
    (0, "rgba(213,94,0,.65)"),
    (0.5, "rgba(213,94,0,.03)"),
    (0.5, "rgba(0,114,178,.03)"),
    (1, "rgba(0,114,178,.65)"),
]
_GREY = "#808080"
_TRANSPARENT = "rgba(0,0,0,0)"


def strengths(values: np.ndarray, largest: float) -> np.ndarray:
    """How strong the colour of each value is, 0–1, whatever its sign.

    It is the square root of the share of the largest, so that a dozen confusions are seen beside
    hundreds of right answers: a quarter of the largest has half the strength.
    """
    strength: np.ndarray = np.sqrt(np.abs(values) / (largest or 1))
    return strength


def confusion_matrix_chart(
    matrix: np.ndarray, labels: Sequence[str], *, dark: bool = False, height_px: int = 430
) -> go.Figure:
    """The confusion matrix: blue where right, orange where wrong, stronger where more faces are.

    Args:
        matrix: Counts, shape (k, k); rows are true, columns predicted.
        labels: Its order.
        dark: Whether the background is dark.
        height_px: Of the figure.
    """
    counts = np.asarray(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    strength = strengths(counts, counts.max(initial=0))
    figure = go.Figure(
        go.Heatmap(
            z=np.where(np.eye(len(labels), dtype=bool), strength, -strength),
            x=list(labels),
            y=list(labels),
            text=counts,
            customdata=shares,
            texttemplate="%{text:,}",
            textfont={"size": 13, "color": "#EDEBF5" if dark else "#1E1B2E"},
            colorscale=_CELL_COLORS,
            zmin=-1,
            zmax=1,
            showscale=False,
            hovertemplate="True %{y}, predicted %{x}: %{text:,} faces, %{customdata:.1%} of the "
            "true ones<extra></extra>",
        )
    )
    _lay_out(figure, height_px)
    ends = [-0.5, len(labels) - 0.5]
    # By category, or classes named like numbers become a scale.
    shared = {"type": "category", "showgrid": False}
    figure.update_xaxes(title="Predicted", side="top", tickangle=-35, range=ends, **shared)
    figure.update_yaxes(title="True", range=ends[::-1], **shared)
    return figure


def reliability_chart(bins: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Accuracy by confidence, from the rows of `fer.evaluation.calibration.reliability`."""
    figure = go.Figure(
        [
            go.Scatter(
                x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip",
                line={"dash": "dash", "color": _GREY},
            ),
            go.Scatter(
                x=[row["confidence"] for row in bins],
                y=[row["accuracy"] for row in bins],
                customdata=[row["images"] for row in bins],
                mode="lines+markers",
                marker={"size": 8},
                line={"color": RIGHT_COLOR},
                hovertemplate="Confidence %{x:.1%}, accuracy %{y:.1%}, %{customdata:,} faces"
                "<extra></extra>",
            ),
        ]
    )  # fmt: skip
    _lay_out(figure, 380)
    figure.update_xaxes(title="Confidence", tickformat=".0%")
    figure.update_yaxes(title="Accuracy", tickformat=".0%")
    return figure


def coverage_chart(
    curve: Sequence[Mapping[str, Any]], *, threshold: int | None = None
) -> go.Figure:
    """Accuracy by the share of faces that get an answer.

    Args:
        curve: The rows of `fer.evaluation.calibration.coverage_curve`.
        threshold: The index of a row to emphasise.
    """

    def points(rows: Sequence[Mapping[str, Any]], **style: Any) -> go.Scatter:
        return go.Scatter(
            x=[row["coverage"] for row in rows],
            y=[row["accuracy"] for row in rows],
            customdata=[row["threshold"] for row in rows],
            hovertemplate="Threshold %{customdata:.0%}: %{x:.1%} of faces, accuracy %{y:.1%}"
            "<extra></extra>",
            **style,
        )

    answered = [row for row in curve if row["images"]]
    figure = go.Figure(points(answered, mode="lines", line={"color": RIGHT_COLOR}))
    if threshold is not None and curve[threshold]["images"]:
        marker = {"size": 13, "color": WRONG_COLOR}
        figure.add_trace(points([curve[threshold]], mode="markers", marker=marker))
    _lay_out(figure, 340)
    figure.update_xaxes(title="Share of faces that get an answer", tickformat=".0%")
    figure.update_yaxes(title="Accuracy on these", tickformat=".0%")
    return figure


def _lay_out(figure: go.Figure, height_px: int) -> None:
    figure.update_layout(
        height=height_px,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        paper_bgcolor=_TRANSPARENT,
        plot_bgcolor=_TRANSPARENT,
    )
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(automargin=True, fixedrange=True, zeroline=False)
