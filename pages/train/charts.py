"""Curves and confusion matrices of training runs."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer import emotions
from fer.evaluation.charts import confusion_matrix_chart
from fer.runs.metrics import METRICS_FILE, read_metrics
from fer.runs.run import Run
from pages.common.charts import bars_html

TRAIN_COLOR, VALIDATION_COLOR = "#0072B2", "#D55E00"
RUN_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C8C8C")
HEIGHT_PX, CONFUSION_HEIGHT_PX = 260, 360
_SMOOTH_OVER = 30
_SHOWN_POINTS = 600
_MARKED_POINTS = 40  # with more, a line has no markers


def metrics_of(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The steps and the epochs of a run; the file is read again only after it has changed."""
    try:
        stamp = (run.folder / METRICS_FILE).stat()
    except OSError:
        return pd.DataFrame(), pd.DataFrame()
    return _read(str(run.folder), stamp.st_mtime_ns, stamp.st_size)


@st.cache_data(max_entries=20, show_spinner=False)
def _read(folder: str, changed: int, size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    steps, epochs = read_metrics(Path(folder))
    return pd.DataFrame(steps), pd.DataFrame(epochs)


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number after each that occurs more than once."""
    return [
        name if names.count(name) == 1 else f"{name} ({names[: place + 1].count(name)})"
        for place, name in enumerate(names)
    ]


def show_curves(run: Run) -> None:
    """Loss, accuracy and learning rate by epoch.

    Steps are faint; their running mean and the validation of each epoch lie on top.
    """
    steps, epochs = metrics_of(run)
    if steps.empty:
        st.caption("The curves appear with the first step.")
        return
    x = steps["step"] / (steps["step"] / steps["epoch"]).max()
    means = steps[["loss", "accuracy"]].ewm(alpha=1 / min(_SMOOTH_OVER, max(2, len(x) / 20))).mean()
    shown = slice(None, None, max(1, len(x) // _SHOWN_POINTS))
    x, steps, means = x[shown], steps[shown], means[shown]
    key = f"train.curves.{run.id}"
    *columns, right = st.columns(3)
    for column, name in zip(columns, ("loss", "accuracy"), strict=True):
        faint: dict[str, Any] = {"opacity": 0.25, "line_width": 1, "showlegend": False}
        lines = [_line(x, steps[name], "training, raw", **faint), _line(x, means[name], "training")]
        if not epochs.empty:
            ends, values = epochs["epoch"], epochs[f"val_{name}"]
            lines.append(_line(ends, values, "validation", VALIDATION_COLOR, line_dash="dot"))
        _draw(column, name.capitalize(), lines, key=f"{key}.{name}", percent=name == "accuracy")
    rate = _line(x, steps["learning_rate"], "learning rate")
    _draw(right, "Learning rate", [rate], key=f"{key}.rate", legend=False, rangemode="tozero")


def _line(
    x: pd.Series, y: pd.Series, name: str, color: str = TRAIN_COLOR, **style: Any
) -> go.Scatter:
    mode = "lines+markers" if len(x) < _MARKED_POINTS else "lines"
    line = {"color": color, "width": 2}
    return go.Scatter(x=x, y=y, name=name, mode=mode, line=line).update(style)


def _draw(
    place: DeltaGenerator, title: str, lines: list[go.Scatter], *, key: str,
    percent: bool = False, legend: bool = True, **axis: Any,
) -> None:  # fmt: skip
    figure = go.Figure(lines)
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=legend,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        uirevision=key,  # keeps the reader's zoom while new points arrive
        hovermode="x unified",
    )
    figure.update_xaxes(title="epoch", automargin=True, rangemode="tozero")
    figure.update_yaxes(automargin=True, tickformat=".0%" if percent else None, **axis)
    ends = [
        f"{line.name} {line.y[-1]:{'.1%' if percent else '.4g'}}"
        for line in lines
        if line.showlegend is not False and len(line.y)
    ]
    alt = f"{title} by epoch; latest: {', '.join(ends) or 'nothing yet'}"
    place.caption(title)
    place.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=alt)


def show_classes(run: Run) -> None:
    """Recall of each class and the confusion matrix of the latest epoch, on validation."""
    _, epochs = metrics_of(run)
    if epochs.empty:
        return
    last, key = epochs.iloc[-1], f"train.classes.{run.id}"
    left, right = st.columns(2, gap="large")
    left.caption(f"Recall on validation after epoch {last['epoch']}")
    left.html(bars_html(last["recall"]))
    if len(epochs) > 1:
        recalls = pd.DataFrame(list(epochs["recall"]))
        lines = [
            _line(epochs["epoch"], recalls[label], label, emotions.describe(label).color)
            for label in last["recall"]
        ]
        _draw(left, "Recall by epoch", lines, key=f"{key}.recall", percent=True, legend=False)
    right.caption(f"Confusion on validation after epoch {last['epoch']} (rows: true)")
    matrix = np.array(last["confusion"])
    # The recalls lack the classes that validation lacks.
    labels = run.stored_status().get("labels", last["recall"])
    if len(labels) != len(matrix):
        labels = map(str, range(len(matrix)))
    figure = confusion_matrix_chart(
        matrix, list(labels), dark=st.context.theme.type == "dark", height_px=CONFUSION_HEIGHT_PX
    )
    figure.update_layout(uirevision=key)
    alt = f"Confusion matrix: {matrix.trace()} of {matrix.sum()} right; rows are true"
    config = {"displayModeBar": False}
    right.plotly_chart(figure, key=f"{key}.confusion", config=config, alt=alt)


def show_comparison(runs: Mapping[str, Run]) -> None:
    """Validation curves of several runs, one colour each."""
    for column, name in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        lines = [
            _line(epochs["epoch"], epochs[f"val_{name}"], label, color)
            for (label, run), color in zip(runs.items(), cycle(RUN_COLORS), strict=False)
            for _, epochs in [metrics_of(run)]
            if not epochs.empty
        ]
        key, is_accuracy = f"train.compare.{name}", name == "accuracy"
        _draw(column, f"Validation {name}", lines, key=key, percent=is_accuracy)
