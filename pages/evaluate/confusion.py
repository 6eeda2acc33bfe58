"""The confusion matrix as a chart to click, as a table for the keyboard, and as a list."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from fer import emotions
from pages.evaluate import keys

CellChosen = Callable[[str | None, str | None], None]
"""Called with the true and the predicted label of a cell, or with None where one is let go."""

RIGHT_COLOR, WRONG_COLOR = "#0072B2", "#D55E00"
_TOP = 8
_UNITS = {"count": "Counts", "share": "Row %"}
_ORDERS = {"emotion": "As the emotions", "confusion": "Most confused first"}


def confusion(matrix: np.ndarray, labels: Sequence[str], chosen: CellChosen) -> None:
    """Show the matrix and its twins.

    Args:
        matrix: Counts, shape (k, k); rows are true, columns predicted.
        labels: Its order.
        chosen: Told when a cell is chosen, before the page is drawn again.
    """
    cells = _cells(matrix, labels)
    left, right = st.columns([3, 2], gap="large")
    with left:
        with st.container(horizontal=True):
            unit = st.segmented_control(
                "Cells show", list(_UNITS), format_func=_UNITS.__getitem__, default="count",
                required=True, key=keys.UNIT, bind="query-params",
            )  # fmt: skip
            order = st.segmented_control(
                "Order", list(_ORDERS), format_func=_ORDERS.__getitem__, default="emotion",
                required=True, key=keys.ORDER, bind="query-params",
            )  # fmt: skip
        wrong = cells[cells["actual"] != cells["said"]].groupby("actual")["count"].sum()
        order_of = (
            sorted(labels, key=lambda label: -wrong[label]) if order == "confusion" else labels
        )
        _chart(cells, list(order_of), str(unit), chosen)
    with right:
        with st.container(gap="xxsmall"):
            _list(cells, chosen)
        with st.expander("The matrix as a table, for the keyboard", icon=":material/keyboard:"):
            _twin(cells, list(order_of), chosen)


def _cells(matrix: np.ndarray, labels: Sequence[str]) -> pd.DataFrame:
    rows = [
        (labels[i], labels[j], int(matrix[i, j]), matrix[i, j] / max(matrix[i].sum(), 1))
        for i in range(len(labels))
        for j in range(len(labels))
    ]
    cells = pd.DataFrame(rows, columns=["actual", "said", "count", "share"])
    right = cells["actual"] == cells["said"]
    cells["kind"] = np.where(right, "right", "wrong")
    most_wrong = cells.loc[~right, "share"].max()
    cells["strength"] = np.where(right, cells["share"], cells["share"] / (most_wrong or 1))
    cells["percent"] = [f"{share:.1%}" for share in cells["share"]]
    return cells


def _chart(cells: pd.DataFrame, order: list[str], unit: str, chosen: CellChosen) -> None:
    def on_select() -> None:
        cell = st.session_state[keys.MATRIX]["selection"]["cell"]
        chosen(*(cell[0]["actual"], cell[0]["said"]) if cell else (None, None))

    st.vega_lite_chart(
        cells,
        _spec(order, unit, ink="#EDEBF5" if st.context.theme.type == "dark" else "#1E1B2E"),
        key=keys.MATRIX,
        on_select=on_select,
        alt="Confusion matrix; the table beside it holds the same figures",
    )
    st.caption("Blue is right, orange is wrong. Click a cell to see its faces below.")


def _spec(order: list[str], unit: str, *, ink: str) -> dict[str, Any]:
    """The chart in Vega-Lite's own words: Altair checks them for 0.2 s at every click."""

    def field(name: str, kind: str, **more: Any) -> dict[str, Any]:
        return {"field": name, "type": kind, **more}

    squares = {
        "mark": {"type": "rect", "cursor": "pointer", "stroke": "#808080"},
        "params": [
            {
                "name": "cell",
                "select": {"type": "point", "fields": ["actual", "said"], "on": "click"},
            }
        ],
        "encoding": {
            "color": field(
                "kind",
                "nominal",
                scale={"domain": ["right", "wrong"], "range": [RIGHT_COLOR, WRONG_COLOR]},
                legend=None,
            ),
            "opacity": field(
                "strength",
                "quantitative",
                scale={"domain": [0, 1], "range": [0.04, 0.6]},
                legend=None,
            ),
            "strokeWidth": {
                "condition": {"param": "cell", "empty": False, "value": 4}, "value": 0,
            },
        },
    }  # fmt: skip
    words = {
        "mark": {"type": "text", "cursor": "pointer", "fontSize": 13, "color": ink},
        "encoding": {"text": field(unit, "quantitative", format="," if unit == "count" else ".0%")},
    }
    axis = {"orient": "top", "labelAngle": -35, "labelOverlap": False}
    return {
        "height": 430,
        "encoding": {
            "x": field("said", "nominal", sort=order, title="Predicted", axis=axis),
            "y": field("actual", "nominal", sort=order, title="True"),
            "tooltip": [
                field("actual", "nominal", title="True"),
                field("said", "nominal", title="Predicted"),
                field("count", "quantitative", title="Faces", format=","),
                field("percent", "nominal", title="Of the true ones"),
            ],
        },
        "layer": [squares, words],
    }


def _list(cells: pd.DataFrame, chosen: CellChosen) -> None:
    wrong = cells[(cells["kind"] == "wrong") & (cells["count"] > 0)]
    top = wrong.nlargest(_TOP, "count")
    st.markdown("**Top confusions**" if len(top) else "**No face was confused.**")
    listed = zip(top["actual"], top["said"], top["count"], top["percent"], strict=True)
    for number, (actual, said, count, percent) in enumerate(listed):
        names = " → ".join(f"{emotions.describe(name).symbol} {name}" for name in (actual, said))
        st.button(
            f"{names} · {count:,} ({percent})",
            key=f"evaluate.top.{number}",
            type="tertiary",
            on_click=chosen,
            args=(actual, said),
        )


def _twin(cells: pd.DataFrame, order: list[str], chosen: CellChosen) -> None:
    table = cells.pivot(index="actual", columns="said", values="count").loc[order, order]

    def on_select() -> None:
        picked = st.session_state[keys.TWIN]["selection"]["cells"]
        actual, said = (order[picked[0][0]], picked[0][1]) if picked else (None, None)
        chosen(actual, said if said in order else None)

    st.dataframe(
        table.rename_axis(index="true", columns=None),
        key=keys.TWIN,
        on_select=on_select,
        selection_mode="single-cell",
        alt="Confusion matrix: rows are true, columns predicted",
    )
    st.caption("The arrow keys move from cell to cell; the faces follow.")
