"""Charts of an evaluation, as Plotly figures for a page and for the report alike.

The background is transparent, so that they suit a light page and a dark one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

RIGHT_COLOR, WRONG_COLOR = "#0072B2", "#D55E00"  # distinct to colour-blind people

_GREY = "#808080"
_TRANSPARENT = "rgba(0,0,0,0)"


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


def forms_chart(rows: Mapping[str, Mapping[str, Any]]) -> go.Figure:
    """Accuracy and mean recall by size, with their intervals: what a smaller form costs.

    Args:
        rows: By what a form is called, its `bytes`, `one_face_ms`, and the figures of
            `fer.evaluation.parity.parity`.
    """
    measures = {
        "accuracy": ("Accuracy", RIGHT_COLOR, "circle"),
        "balanced_accuracy": ("Mean recall", WRONG_COLOR, "diamond"),
    }
    figure = go.Figure()
    for number, (name, (shown, color, symbol)) in enumerate(measures.items()):
        values = [row[name] for row in rows.values()]
        ends = [row[f"{name}_ci95"] for row in rows.values()]
        figure.add_scatter(
            x=[row["bytes"] / 1e6 * (1.02 if number else 0.98) for row in rows.values()],
            y=values,
            error_y={
                "array": [high - value for value, (_, high) in zip(values, ends, strict=True)],
                "arrayminus": [value - low for value, (low, _) in zip(values, ends, strict=True)],
                "thickness": 1,
            },
            mode="markers",
            name=shown,
            marker={"size": 10, "color": color, "symbol": symbol},
            customdata=[
                (form, row["bytes"] / 1e6, row["one_face_ms"], *interval)
                for (form, row), interval in zip(rows.items(), ends, strict=True)
            ],
            hovertemplate="%{customdata[0]}: %{customdata[1]:.2f} MB, one face "
            f"%{{customdata[2]:.2f}} ms<br>{shown.lower()} %{{y:.1%}} "
            "(%{customdata[3]:.1%} to %{customdata[4]:.1%})<extra></extra>",
        )
    _lay_out(figure, 300)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.15})
    figure.update_xaxes(title="Size, MB", type="log")
    figure.update_yaxes(title="", tickformat=".0%")
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
