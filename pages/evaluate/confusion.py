"""The confusion matrix as a chart to click, as a table for the keyboard, and as a list."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from fer import emotions
from fer.evaluation.charts import Unit, confusion_matrix_chart
from pages.common.choices import segments
from pages.evaluate import keys
from pages.evaluate.faces import show_cell

_TOP = 8
_UNITS: Mapping[Unit, str] = {"count": "Counts", "share": "Row %"}
_ORDERS = {"emotion": "As the emotions", "confusion": "Most confused first"}


OnCell = Callable[[str | None, str | None], None]
"""Called with the true and the predicted label of a chosen cell; None where none is chosen."""


def confusion(matrix: np.ndarray, labels: Sequence[str], on_cell: OnCell = show_cell) -> None:
    """Show a matrix of counts, shape (k, k), rows true, columns predicted, and its twins.

    A cell that is chosen in one of them filters the faces.
    """
    left, right = st.columns([3, 2], gap="large")
    with left:
        with st.container(horizontal=True):
            bound = {"bind": "query-params"}
            unit = segments("Cells show", _UNITS, default="count", key=keys.UNIT, **bound)
            order = segments("Order", _ORDERS, default="emotion", key=keys.ORDER, **bound)
        if order == "confusion":
            by_errors = np.argsort(matrix.diagonal() - matrix.sum(axis=1), kind="stable")
            matrix, labels = matrix[np.ix_(by_errors, by_errors)], [labels[i] for i in by_errors]
        _chart(matrix, labels, unit, on_cell)
    with right:
        with st.container(gap="xxsmall"):
            _list(matrix, labels, on_cell)
        with st.expander("The matrix as a table, for the keyboard", icon=":material/keyboard:"):
            _twin(matrix, labels, on_cell)


def _chart(matrix: np.ndarray, labels: Sequence[str], unit: Unit, on_cell: OnCell) -> None:
    def on_select() -> None:
        points = st.session_state[keys.MATRIX]["selection"]["points"]
        on_cell(*(points[0]["y"], points[0]["x"]) if points else (None, None))

    st.plotly_chart(
        _figure(matrix, tuple(labels), unit, st.context.theme.type == "dark"),
        key=keys.MATRIX,
        on_select=on_select,
        selection_mode="points",
        config={"displayModeBar": False},
        alt="Confusion matrix; the table beside it has the same figures",
    )
    st.caption("Blue is right, orange is wrong. Click a cell to see its faces below.")


@st.cache_resource(max_entries=16, show_spinner=False)
def _figure(matrix: np.ndarray, labels: tuple[str, ...], unit: Unit, dark: bool) -> go.Figure:
    """Plotly checks a figure for 0.05 s; a click on a cell changes nothing of it."""
    return confusion_matrix_chart(matrix, labels, unit=unit, dark=dark)


def _list(matrix: np.ndarray, labels: Sequence[str], on_cell: OnCell) -> None:
    wrong = np.where(np.eye(len(labels), dtype=bool), 0, matrix)
    top = np.argsort(-wrong, axis=None, kind="stable")[:_TOP]
    cells = [
        (i, j) for i, j in zip(*np.unravel_index(top, wrong.shape), strict=True) if wrong[i, j]
    ]
    st.markdown("**Top confusions**" if cells else "**No face was confused.**")
    for number, (i, j) in enumerate(cells):
        true, predicted = labels[i], labels[j]
        names = f"{emotions.with_symbol(true)} → {emotions.with_symbol(predicted)}"
        st.button(
            f"{names} · {matrix[i, j]:,} ({matrix[i, j] / matrix[i].sum():.1%})",
            key=f"evaluate.top.{number}",
            type="tertiary",
            on_click=on_cell,
            args=(true, predicted),
        )


def _twin(matrix: np.ndarray, labels: Sequence[str], on_cell: OnCell) -> None:
    def on_select() -> None:
        cells = st.session_state[keys.TWIN]["selection"]["cells"]
        row, column = cells[0] if cells else (None, None)
        on_cell(None if row is None else labels[row], column if column in labels else None)

    st.dataframe(
        pd.DataFrame(matrix, index=list(labels), columns=list(labels)).rename_axis("true"),
        key=keys.TWIN,
        on_select=on_select,
        selection_mode="single-cell",
        alt="Confusion matrix: rows are true, columns predicted",
    )
    st.caption("The arrow keys move from cell to cell; the faces follow.")
