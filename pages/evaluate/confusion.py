"""The confusion matrix to click, and its largest confusions as a list."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import streamlit as st

from fer import emotions
from fer.evaluation.matrix import matrix_cells
from fer.wording import percent
from pages.common.choices import segments
from pages.common.matrix import RIGHT_OR_WRONG, Legend, count_ticks, matrix_table
from pages.evaluate import keys

_TOP = 8
_UNITS: Mapping[Literal["count", "share"], str] = {"count": "Counts", "share": "Row %"}
_ORDERS = {"emotion": "As the emotions", "confusion": "Most confused first"}


OnCell = Callable[[str | None, str | None], None]
"""Called with the true and the predicted label of a chosen cell; None where it is cleared."""


def show_matrix(
    matrix: np.ndarray, labels: Sequence[str], chosen: np.ndarray, on_cell: OnCell
) -> None:
    """Show a matrix of counts, and call `on_cell` for a clicked cell.

    Args:
        matrix: Counts, shape (k, k); rows are true, columns predicted.
        labels: Its order.
        chosen: Whether the faces of a cell are shown, shape (k, k). A click on the only such cell
            clears it.
        on_cell: Filters the faces.
    """
    with st.container(horizontal=True, gap="xsmall"):
        bound = {"bind": "query-params", "label_visibility": "collapsed"}
        unit = segments("Cells show", _UNITS, default="count", key=keys.UNIT, **bound)
        order = segments("Order", _ORDERS, default="emotion", key=keys.ORDER, **bound)
    if order == "confusion":
        by_errors = np.argsort(matrix.diagonal() - matrix.sum(axis=1), kind="stable")
        places = np.ix_(by_errors, by_errors)
        matrix, chosen, labels = matrix[places], chosen[places], [labels[i] for i in by_errors]
    outlined = np.flatnonzero(chosen).tolist()

    def on_open(index: int) -> None:
        true, predicted = divmod(index, len(labels))
        is_clear = outlined == [index]
        on_cell(*(None, None) if is_clear else (labels[true], labels[predicted]))

    is_share = unit == "share"
    largest = int(matrix.max(initial=0))
    matrix_table(
        labels,
        matrix_cells(matrix, labels, is_share=is_share),
        key=keys.MATRIX,
        name="Confusion matrix: rows are true, columns predicted",
        legend=Legend(
            tones=RIGHT_OR_WRONG,
            ticks=[percent(share) for share in (0, 0.25, 1)] if is_share else count_ticks(largest),
        ),
        chosen=outlined,
        on_open=on_open,
    )
    st.caption(
        "Click a cell to see its faces; click it again to see all. With the keyboard: arrow keys, "
        "then Enter."
    )


def show_top(
    matrix: np.ndarray, labels: Sequence[str], chosen: np.ndarray, on_cell: OnCell
) -> None:
    """The largest confusions as a list to choose from; the rest is as `show_matrix` takes it."""
    wrong = np.where(np.eye(len(labels), dtype=bool), 0, matrix)
    top = np.argsort(-wrong, axis=None, kind="stable")[:_TOP]
    cells = [
        (i, j) for i, j in zip(*np.unravel_index(top, wrong.shape), strict=True) if wrong[i, j]
    ]
    with st.container(gap="xxsmall"):
        st.markdown("**Top confusions**" if cells else "**No face was confused.**")
        for number, (i, j) in enumerate(cells):
            is_chosen = bool(chosen[i, j]) and chosen.sum() == 1
            names = f"{emotions.with_symbol(labels[i])} → {emotions.with_symbol(labels[j])}"
            st.button(
                f"{names} · {matrix[i, j]:,} ({percent(matrix[i, j] / matrix[i].sum())})",
                key=f"evaluate.top.{number}",
                type="secondary" if is_chosen else "tertiary",
                on_click=on_cell,
                args=(None, None) if is_chosen else (labels[i], labels[j]),
            )
