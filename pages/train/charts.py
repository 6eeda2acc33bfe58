"""Curves and confusion matrices of training runs."""

from collections.abc import Mapping, Sequence
from itertools import count, cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer import emotions
from fer.evaluation.matrix import matrix_cells
from fer.runs.metrics import METRICS_FILE, curves_csv, read_curves, smoothed
from fer.runs.run import Run
from pages.common import errors
from pages.common.charts import bars_html
from pages.common.choices import segments
from pages.common.downloads import download
from pages.common.matrix import RIGHT_OR_WRONG, Legend, count_ticks, matrix_table
from pages.train import keys

TRAIN_COLOR, VALIDATION_COLOR = "#0072B2", "#D55E00"
RUN_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C8C8C")
HEIGHT_PX = 260
_SMOOTH_OVER = 30
_SHOWN_POINTS = 600
_MARKED_POINTS = 40  # with more, a line has no markers


SHARE = {"tickformat": ".0%"}
RATE = {"rangemode": "tozero", "tickformat": "~g"}  # Plotly's own format would be 200μ
_FAINT: dict[str, Any] = {"opacity": 0.25, "line_width": 1, "showlegend": False}


def _loss_axis(is_log: bool) -> dict[str, str]:
    return {"type": "log" if is_log else "linear"}


def metrics_of(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As `read_curves`; the file is read again only after it has changed."""
    try:
        stamp = (run.folder / METRICS_FILE).stat()
    except OSError:
        return pd.DataFrame(), pd.DataFrame()
    return _read(run.folder, stamp.st_mtime_ns, stamp.st_size)


@st.cache_data(max_entries=20, show_spinner=False)
def _read(folder: Path, changed: int, size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    return read_curves(Run(folder))


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number after each that occurs more than once, so that none are equal."""
    found: list[str] = []
    for name in names:
        numbered = (f"{name} ({number})" for number in count(1))
        is_free = names.count(name) == 1 and name not in found
        found.append(
            name
            if is_free
            else next(one for one in numbered if one not in found and one not in names)
        )
    return found


def show_curves(run: Run) -> None:
    """Loss, accuracy and learning rate by epoch.

    Steps are faint; their running mean and the validation of each epoch lie on top.
    """
    steps, epochs = metrics_of(run)
    if steps.empty:
        st.caption("The curves appear with the first step.")
        return
    smoothing = 1 - 1 / min(_SMOOTH_OVER, max(2, len(steps) / 20))
    means = {name: smoothed(steps[name], smoothing) for name in ("loss", "accuracy")}
    key = f"{keys.CURVES}.{run.id}"
    with st.container(horizontal=True, vertical_alignment="center"):
        is_log = st.toggle("Loss on a log axis", key=f"{keys.LOG}.run")
        offer_curves({run.name: run})
    *columns, right = st.columns(3)
    for column, name in zip(columns, ("loss", "accuracy"), strict=True):
        lines = [
            _line(steps["at"], steps[name], "training, raw", **_FAINT),
            _line(steps["at"], means[name], "training"),
        ]
        if not epochs.empty:
            ends, values = epochs["at"], epochs[f"val_{name}"]
            lines.append(_line(ends, values, "validation", VALIDATION_COLOR, line_dash="dot"))
        axis = SHARE if name == "accuracy" else _loss_axis(is_log)
        _draw(column, name.capitalize(), lines, axis, key=f"{key}.{name}")
    rate = _line(steps["at"], steps["learning_rate"], "learning rate")
    _draw(right, "Learning rate", [rate], RATE, key=f"{key}.rate", legend=False)


def _line(
    x: pd.Series, y: pd.Series, name: str, color: str = TRAIN_COLOR, **style: Any
) -> go.Scatter:
    places = range(len(x))
    shown = sorted({*places[:: max(1, len(x) // _SHOWN_POINTS)], *places[-1:]})
    x, y = x.iloc[shown], y.iloc[shown]
    mode = "lines+markers" if len(x) < _MARKED_POINTS else "lines"
    line = {"color": color, "width": 2}
    return go.Scatter(x=x, y=y, name=name, mode=mode, line=line).update(style)


def _draw(
    place: DeltaGenerator, title: str, lines: list[go.Scatter], axis: dict[str, str], *,
    key: str, legend: bool = True,
) -> None:  # fmt: skip
    """Draw lines by epoch; `axis` is the vertical one."""
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
    figure.update_yaxes(automargin=True, **axis)
    ends = [
        f"{line.name} {line.y[-1]:{'.1%' if axis is SHARE else '.4g'}}"
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
        _draw(left, "Recall by epoch", lines, SHARE, key=f"{key}.recall", legend=False)
    right.caption(f"Confusion on validation after epoch {last['epoch']} (rows: true)")
    matrix = np.array(last["confusion"])
    # The recalls lack the classes that validation lacks.
    labels = run.stored_status().get("labels", last["recall"])
    if len(labels) != len(matrix):
        labels = [str(number) for number in range(len(matrix))]
    with right:
        matrix_table(
            labels,
            matrix_cells(matrix, labels),
            key=f"{key}.confusion",
            name=f"Confusion matrix: {matrix.trace()} of {matrix.sum()} right; rows are true",
            legend=Legend(tones=RIGHT_OR_WRONG, ticks=count_ticks(int(matrix.max(initial=0)))),
        )


_OF = {"validation": "val_", "training": ""}


def show_comparison(runs: Mapping[str, Run]) -> None:
    """Curves of several runs over each other, one colour each."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = segments("Curves", {name: name.capitalize() for name in _OF}, default="validation",
                        key=keys.CURVES)  # fmt: skip
        smoothing = st.slider(
            "Smoothing", 0.0, 0.95, 0.0 if kind == "validation" else 0.9, 0.05,
            key=f"{keys.SMOOTHING}.{kind}", width=200,
            help="How much of the running mean the past makes; the curve itself stays, faintly.",
        )  # fmt: skip
        is_log = st.toggle("Loss on a log axis", key=f"{keys.LOG}.comparison")
        offer_curves(runs)
    place = 1 if kind == "validation" else 0
    tables = {name: metrics_of(run)[place] for name, run in runs.items()}
    colors = dict(zip(runs, cycle(RUN_COLORS), strict=False))
    for column, name in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        lines = []
        for label, table in tables.items():
            if not table.empty:
                color, values = colors[label], table[_OF[kind] + name]
                if smoothing:
                    lines.append(_line(table["at"], values, f"{label}, raw", color, **_FAINT))
                lines.append(_line(table["at"], smoothed(values, smoothing), label, color))
        axis = SHARE if name == "accuracy" else _loss_axis(is_log)
        title = f"{kind} {name}".capitalize()
        _draw(column, title, lines, axis, key=f"{keys.CURVES}.{kind}.{name}")
    if without := [label for label, table in tables.items() if table.empty]:
        st.caption(f"Without a curve yet: {', '.join(map(errors.plain, without))}.")


def offer_curves(runs: Mapping[str, Run]) -> None:
    """A download of the curves of these runs, if there are any."""
    if any((run.folder / METRICS_FILE).is_file() for run in runs.values()):
        names = "-".join("".join(c if c.isalnum() else " " for c in " ".join(runs)).split())
        download("Curves as CSV", lambda: curves_csv(runs), f"curves-{names[:80]}.csv")
