"""A data set as a whole: counts, mean faces, brightness, augmentation."""

from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from fer import emotions
from fer.data.summary import SPLIT_NAMES, class_by_split, samples
from fer.training.config import TrainingConfig
from pages.common.charts import histogram, split_patterns
from pages.common.pictures import data_uri
from pages.dataset import keys
from pages.dataset.opened import Opened

VARIANTS = 5


def show_overview(opened: Opened) -> None:
    """Counts, mean faces, brightness and contrast, and what augmentation does."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("Faces by class", anchor=False)
        _class_chart(opened)
    with right:
        st.header("The mean face of each class", anchor=False)
        _mean_faces(opened)
    st.header("Brightness and contrast", anchor=False)
    index = opened.dataset.index
    for column, name in zip(st.columns(2, gap="large"), ("mean", "std"), strict=True):
        with column:
            histogram(index[name].to_numpy(), what=name, key=f"dataset.overview.{name}")
    _augmented(opened)


def _class_chart(opened: Opened) -> None:
    counts = class_by_split(opened.dataset)
    colors = list(emotions.colors(list(counts.index)).values())
    figure = go.Figure(
        [
            go.Bar(
                name=SPLIT_NAMES[split],
                x=[f"{emotions.describe(label).symbol} {label}" for label in counts.index],
                y=counts[split],
                marker={"color": colors, "pattern": split_patterns(split)},
                hovertemplate="%{x}, " + SPLIT_NAMES[split] + ": %{y:,}<extra></extra>",
            )
            for split in counts.columns
        ]
    )
    figure.update_layout(
        barmode="stack", height=360, margin={"t": 10, "b": 10, "l": 10, "r": 10},
        legend={"orientation": "h", "y": 1.12}, yaxis_title="faces",
    )  # fmt: skip
    st.plotly_chart(figure, key="dataset.overview.classes", config={"displayModeBar": False})
    with st.expander("As a table"):
        st.dataframe(counts.rename(columns=SPLIT_NAMES), key="dataset.overview.table")


def _mean_faces(opened: Opened) -> None:
    figures = "".join(
        f'<figure style="--emotion: {emotions.describe(label).color}">'
        f'<img src="{data_uri(face)}" alt="Mean of the faces labelled {escape(label)}">'
        f"<figcaption>{emotions.describe(label).symbol} {escape(label)}</figcaption></figure>"
        for label, face in opened.means.items()
    )
    st.html(f'<div class="fer-row fer-means">{figures}</div>')


def _augmented(opened: Opened) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("As training sees them", anchor=False)
        if st.button("Draw again", icon=":material/casino:", key="dataset.augment"):
            st.session_state[keys.SEED] = st.session_state.get(keys.SEED, 0) + 1
    st.caption(
        "The first image of each row is in the data set; the others show how the default "
        "training recipe varies it."
    )
    seed = st.session_state.get(keys.SEED, 0)
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
        rows.append(
            f"<div><span>{emotions.describe(label).symbol} {escape(label)}</span>{pictures}</div>"
        )
    st.html(f'<div class="fer-varied">{"".join(rows)}</div>')
