"""Every face of a data set, to filter, sort, open and annotate."""

import numpy as np
import streamlit as st

from fer.data.query import Query, rows
from pages.common.browser.annotate import show_annotations
from pages.common.browser.faces import choose_size, show_page, thumbnails
from pages.common.charts import bars_html, histogram
from pages.dataset import keys
from pages.dataset.filters import choose_filters
from pages.dataset.opened import Opened

_PER_PAGE = 200


def show_faces(opened: Opened) -> np.ndarray:
    """Show the faces that the filters let through, and return the positions of all of them."""
    dataset = opened.dataset
    query = choose_filters(dataset)
    fitting = rows(dataset, opened.report, query)
    is_filtered = query != Query(sort=query.sort)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(fitting):,}** of {len(dataset):,} faces")
        size_px = choose_size(keys.BROWSER)
        show_annotations(keys.BROWSER, dataset, fitting if is_filtered else fitting[:0])
    _show_distribution(opened, fitting)
    show_page(
        keys.BROWSER, dataset, fitting, lambda shown: thumbnails(dataset, shown),
        per_page=_PER_PAGE, size_px=size_px,
    )  # fmt: skip
    return fitting


def _show_distribution(opened: Opened, shown: np.ndarray) -> None:
    with st.expander("What these faces are like", icon=":material/bar_chart:"):
        index = opened.dataset.index.iloc[shown]
        classes, brightness, contrast = st.columns(3)
        with classes:
            counts = index["label"].value_counts()
            total = max(1, len(index))
            st.html(
                bars_html(
                    {label: float(counts.get(label, 0)) / total for label in opened.dataset.labels}
                )
            )
        for column, name in ((brightness, "mean"), (contrast, "std")):
            with column:
                histogram(index[name].to_numpy(), what=name, key=f"dataset.faces.{name}")
