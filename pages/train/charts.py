"""Curves and confusion of training runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from fer import emotions
from fer.evaluation.charts import confusion_matrix_chart
from fer.runs.metrics import METRICS_FILE, epochs_of, read_metrics, steps_of
from pages.common.charts import bars_html

TRAIN_COLOR, VALIDATION_COLOR = "#0072B2", "#D55E00"
RUN_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C8C8C")
HEIGHT_PX, CONFUSION_HEIGHT_PX = 260, 360
_SMOOTH_OVER = 30
_SHOWN_POINTS = 600


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """A run's metrics; read again only when the file has changed."""
    try:
        stamp = (folder / METRICS_FILE).stat()
    except OSError:
        return []
    return _rows(str(folder), stamp.st_mtime_ns, stamp.st_size)


@st.cache_data(max_entries=20, show_spinner=False)
def _rows(folder: str, changed: int, size: int) -> list[dict[str, Any]]:
    return read_metrics(Path(folder))


def distinct(names: Sequence[str]) -> list[str]:
    """The names, numbered where two are alike."""
    return [
        name if names.count(name) == 1 else f"{name} ({names[: place + 1].count(name)})"
        for place, name in enumerate(names)
    ]


def show_curves(folder: Path, *, key: str) -> None:
    """Loss, accuracy and learning rate: steps faint, their running mean and the epochs on top."""
    rows = rows_of(folder)
    steps, epochs = steps_of(rows), epochs_of(rows)
    if not steps:
        st.caption("The curves appear with the first step.")
        return
    left, middle, right = st.columns(3)
    per_epoch = max((row["step"] / row["epoch"] for row in steps), default=1.0)
    for column, name, title in ((left, "loss", "Loss"), (middle, "accuracy", "Accuracy")):
        with column:
            figure = _curve(steps, epochs, name, per_epoch)
            _draw(figure, title, key=f"{key}.{name}", percent=name == "accuracy")
    with right:
        figure = go.Figure(_line(steps, "learning_rate", per_epoch, "learning rate"))
        figure.update_yaxes(rangemode="tozero")
        _draw(figure, "Learning rate", key=f"{key}.rate", legend=False)


def _epoch_axis(rows: Sequence[dict[str, Any]], per_epoch: float) -> list[float]:
    return [row["step"] / per_epoch for row in rows]


def _line(rows: Sequence[dict[str, Any]], name: str, per_epoch: float, label: str) -> go.Scatter:
    shown = rows[:: max(1, len(rows) // _SHOWN_POINTS)]
    return go.Scatter(
        x=_epoch_axis(shown, per_epoch),
        y=[row[name] for row in shown],
        name=label,
        line={"color": TRAIN_COLOR, "width": 2},
        mode="lines",
    )


def _curve(
    steps: Sequence[dict[str, Any]], epochs: Sequence[dict[str, Any]], name: str, per_epoch: float
) -> go.Figure:
    faint = _line(steps, name, per_epoch, "training, raw")
    faint.update(opacity=0.25, line={"color": TRAIN_COLOR, "width": 1}, showlegend=False)
    values = np.array([row[name] for row in steps])
    smooth = [{**row, name: value} for row, value in zip(steps, _smoothed(values), strict=True)]
    figure = go.Figure([faint, _line(smooth, name, per_epoch, "training")])
    if epochs:
        figure.add_scatter(
            x=[row["epoch"] for row in epochs],
            y=[row[f"val_{name}"] for row in epochs],
            name="validation",
            mode="lines+markers" if len(epochs) < 40 else "lines",
            line={"color": VALIDATION_COLOR, "width": 2, "dash": "dot"},
        )
    return figure


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Exponential mean, corrected for its start."""
    decay = 1 - 1 / min(_SMOOTH_OVER, max(2, len(values) / 20))
    means, mean, weight = np.empty(len(values)), 0.0, 0.0
    for place, value in enumerate(values):
        mean = decay * mean + (1 - decay) * value
        weight = decay * weight + 1 - decay
        means[place] = mean / weight
    return means


def _draw(
    figure: go.Figure, title: str, *, key: str, percent: bool = False, legend: bool = True
) -> None:
    st.caption(title)
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=legend,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        uirevision=key,  # keeps the reader's zoom while new points arrive
        hovermode="x unified",
    )
    figure.update_xaxes(title="epoch", automargin=True, rangemode="tozero")
    figure.update_yaxes(automargin=True, tickformat=".0%" if percent else None)
    ends = [
        f"{line.name} {line.y[-1]:{'.1%' if percent else '.4g'}}"
        for line in figure.data
        if line.showlegend is not False and len(line.y)
    ]
    alt = f"{title} by epoch; latest: {', '.join(ends) or 'nothing yet'}"
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=alt)


def show_classes(folder: Path, *, key: str) -> None:
    """Recall by class and the confusion matrix of the latest epoch, on validation."""
    epochs = epochs_of(rows_of(folder))
    if not epochs:
        return
    last = epochs[-1]
    left, right = st.columns(2, gap="large")
    with left:
        st.caption(f"Recall on validation after epoch {last['epoch']}")
        st.html(bars_html(last["recall"]))
        if len(epochs) > 1:
            _recall_curves(epochs, key=f"{key}.recall")
    with right:
        st.caption(f"Confusion on validation after epoch {last['epoch']} (rows: true)")
        _confusion(list(last["recall"]), np.array(last["confusion"]), key=f"{key}.confusion")


def _recall_curves(epochs: Sequence[dict[str, Any]], *, key: str) -> None:
    figure = go.Figure()
    for label in epochs[-1]["recall"]:
        figure.add_scatter(
            x=[row["epoch"] for row in epochs],
            y=[row["recall"].get(label) for row in epochs],
            name=label,
            mode="lines",
            line={"color": emotions.describe(label).color, "width": 2},
        )
    _draw(figure, "Recall by epoch", key=key, percent=True, legend=False)


def _confusion(labels: list[str], matrix: np.ndarray, *, key: str) -> None:
    every = labels if len(labels) == len(matrix) else [str(i) for i in range(len(matrix))]
    figure = confusion_matrix_chart(
        matrix, every, dark=st.context.theme.type == "dark", height_px=CONFUSION_HEIGHT_PX
    )
    figure.update_layout(uirevision=key)
    alt = f"Confusion matrix: {matrix.trace()} of {matrix.sum()} right; rows are true"
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=alt)


def show_comparison(folders: Mapping[str, Path]) -> None:
    """Validation curves of several runs, one colour each."""
    left, right = st.columns(2)
    places = ((left, "val_accuracy", "Validation accuracy"), (right, "val_loss", "Validation loss"))
    for column, name, title in places:
        figure = go.Figure()
        for place, (run, folder) in enumerate(folders.items()):
            epochs = epochs_of(rows_of(folder))
            figure.add_scatter(
                x=[row["epoch"] for row in epochs],
                y=[row[name] for row in epochs],
                name=run,
                mode="lines+markers" if len(epochs) < 40 else "lines",
                line={"color": RUN_COLORS[place % len(RUN_COLORS)], "width": 2},
            )
        with column:
            _draw(figure, title, key=f"train.compare.{name}", percent=name == "val_accuracy")
