"""A data set as a whole: counts, mean faces, brightness, augmentation."""

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer import emotions
from fer.data.summary import class_by_split, samples
from fer.training.config import TrainingConfig
from fer.wording import split_name
from pages.common.pictures import by_class, data_uri, pictures_html
from pages.dataset import keys
from pages.dataset.opened import Opened, kept_drawing

VARIANTS = 5
_MEASURES = {
    "mean": ("brightness (mean grey value)", 255.0),
    "std": ("contrast (standard deviation)", 128.0),
}
_INK = "#8177D6"  # the accent, between its light and its dark form
_MARGIN = {"t": 10, "b": 10, "l": 10, "r": 10}
# A bar's pattern names its split, its colour the class.
_PATTERNS = {"train": "", "validation": "/", "test": ".", "public_test": ".", "private_test": "x"}


def show_overview(opened: Opened) -> None:
    """Counts, mean faces, brightness and contrast, and what augmentation does."""
    _show_figures(opened)
    _show_augmented(opened)


@kept_drawing
def _show_figures(opened: Opened) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("Faces by class", anchor=False)
        _class_chart(opened)
    with right:
        st.header("The mean face of each class", anchor=False)
        pictures = by_class(opened.means, "Mean of the faces labelled")
        st.html(pictures_html(pictures, "fer-row fer-means"))
    st.header("Brightness and contrast", anchor=False)
    histograms(opened.dataset.index, st.columns(2, gap="large"), key="dataset.overview")


def histograms(index: pd.DataFrame, columns: Sequence[DeltaGenerator], *, key: str) -> None:
    """How brightness and contrast are spread over the faces of an index, in two columns."""
    for column, (name, (title, end)) in zip(columns, _MEASURES.items(), strict=True):
        counts, edges = np.histogram(index[name], bins=32, range=(0, end))
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
            height=220,
            bargap=0.05,
            margin=_MARGIN,
            xaxis_title=title,
            yaxis_title="faces",
            yaxis_tickformat=",",
        )
        column.plotly_chart(figure, key=f"{key}.{name}", config={"displayModeBar": False})


def _class_chart(opened: Opened) -> None:
    counts = class_by_split(opened.dataset)
    names = [emotions.with_symbol(label) for label in counts.index]
    colors = [emotions.describe(label).color for label in counts.index]
    figure = go.Figure(
        [
            go.Bar(
                name=split_name(split),
                x=names,
                y=counts[split],
                marker={"color": colors, "pattern": {"shape": _PATTERNS[split], "solidity": 0.35}},
                hovertemplate="%{x}, " + split_name(split) + ": %{y:,}<extra></extra>",
            )
            for split in counts.columns
        ]
    )
    figure.update_layout(
        barmode="stack", height=360, margin=_MARGIN, legend={"orientation": "h", "y": 1.12},
        yaxis_title="faces", yaxis_tickformat=",",
    )  # fmt: skip
    st.plotly_chart(figure, key="dataset.overview.classes", config={"displayModeBar": False})
    with st.expander("As a table"):
        st.dataframe(counts.rename(columns=split_name), key="dataset.overview.table")


def _show_augmented(opened: Opened) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("As training sees them", anchor=False)
        if st.button("Draw again", icon=":material/casino:", key="dataset.augment"):
            st.session_state[keys.SEED] = st.session_state.get(keys.SEED, 0) + 1
    st.caption(
        "The first image of each row is in the data set; the others show how the default "
        "training recipe varies it."
    )
    _draw_augmented(opened, st.session_state.get(keys.SEED, 0))


@kept_drawing
def _draw_augmented(opened: Opened, seed: int) -> None:
    rng = np.random.default_rng(seed)
    augmentation = TrainingConfig().augmentation
    rows = []
    for label, row in samples(opened.dataset, rng).items():
        face = opened.dataset.pixels[row]
        varied = augmentation.apply(np.repeat(face[None], VARIANTS, axis=0), rng)
        pictures = "".join(
            f'<img src="{data_uri(one)}" '
            f'alt="{escape(label)}: {"original" if n == 0 else f"variant {n}"}">'
            for n, one in enumerate([face, *varied])
        )
        rows.append(f"<div><span>{escape(emotions.with_symbol(label))}</span>{pictures}</div>")
    st.html(f'<div class="fer-varied">{"".join(rows)}</div>')
