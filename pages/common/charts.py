"""Charts by emotion: one order, one colour and one symbol each, on every page."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from fer import emotions


def percent(share: float) -> str:
    """A share of 0–1 in whole percent; nearly nothing and nearly all do not read as such."""
    if 0 < share < 0.01:
        return "<1 %"
    return ">99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"


def bars_html(shares: Mapping[str, float], *, top: str = "") -> str:
    """Bars for shares of 0–1 by label, in their order, as HTML; `top` is the label to emphasise."""
    return f'<ul class="fer-bars">{"".join(_bar(*item, top) for item in shares.items())}</ul>'


def _bar(label: str, share: float, top: str) -> str:
    shown = emotions.describe(label)
    strong = ' class="fer-strong"' if label == top else ""
    return f"""<li{strong}>
<span class="fer-label">{shown.symbol} {escape(label)}</span>
<span class="fer-bar"><i style="width: {share:.1%}; background: {shown.color}"></i></span>
<span class="fer-number">{escape(percent(share))}</span></li>"""


_MEASURES = {"mean": "brightness (mean grey value)", "std": "contrast (standard deviation)"}
_INK = "#8177D6"  # the accent, between its light and its dark form
_ENDS = {"mean": 255.0, "std": 128.0}


def split_patterns(split: str) -> dict[str, Any]:
    """How a bar tells its split apart, beside the colour that tells the class."""
    shape = {"train": "", "validation": "/", "test": ".", "public_test": ".", "private_test": "x"}
    return {"shape": shape[split], "solidity": 0.35}


def histogram(values: np.ndarray, *, what: str, key: str) -> None:
    """A histogram of the brightness (`mean`) or contrast (`std`) of faces, shape (n,), 0–255."""
    counts, edges = np.histogram(values, bins=32, range=(0, _ENDS[what]))
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            marker_color=_INK,
            customdata=np.column_stack([edges[:-1], edges[1:]]),
            hovertemplate="%{customdata[0]:.0f} to %{customdata[1]:.0f}: %{y:,}<extra></extra>",
        )
    )
    figure.update_layout(
        height=220, bargap=0.05, margin={"t": 10, "b": 10, "l": 10, "r": 10},
        xaxis_title=_MEASURES[what], yaxis_title="faces",
    )  # fmt: skip
    st.plotly_chart(figure, key=key, config={"displayModeBar": False})
