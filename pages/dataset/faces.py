"""Every face of a data set, to filter, sort, open and annotate."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import numpy as np
import streamlit as st
from streamlit.errors import StreamlitAPIException

from fer.data import SPLITS, Dataset
from fer.data.audit import FINDINGS
from fer.data.query import ANNOTATED, OPINIONS, SORTS, Query, rows
from fer.data.summary import SPLIT_NAMES
from pages.common.browser.annotate import show_annotations
from pages.common.browser.faces import choose_size, show_page
from pages.common.browser.filters import Filter, choice, choose
from pages.common.charts import bars_html, histogram
from pages.dataset import keys
from pages.dataset.opened import Opened

_PER_PAGE = 200


def show_faces(opened: Opened) -> np.ndarray:
    """Show the faces that the filters let through, and return the positions of all of them."""
    dataset = opened.dataset
    query = _choose_filters(dataset)
    fitting = rows(dataset, opened.report, query)
    is_filtered = query != Query(sort=query.sort)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(fitting):,}** of {len(dataset):,} faces")
        size_px = choose_size(keys.BROWSER)
        show_annotations(keys.BROWSER, dataset, fitting if is_filtered else fitting[:0])
    _show_distribution(opened, fitting)
    show_page(keys.BROWSER, dataset, fitting, per_page=_PER_PAGE, size_px=size_px)
    return fitting


def _show_distribution(opened: Opened, shown: np.ndarray) -> None:
    with st.expander("What these faces are like", icon=":material/bar_chart:"):
        index = opened.dataset.index.iloc[shown]
        classes, brightness, contrast = st.columns(3)
        with classes:
            shares = index["label"].value_counts(normalize=True)
            labels = opened.dataset.labels
            st.html(bars_html({label: float(shares.get(label, 0)) for label in labels}))
        for column, name in ((brightness, "mean"), (contrast, "std")):
            with column:
                histogram(index[name].to_numpy(), what=name, key=f"dataset.faces.{name}")


def _choose_filters(dataset: Dataset) -> Query:
    has_votes = dataset.votes is not None
    present = set(dataset.index["split"])
    splits = {split: SPLIT_NAMES[split] for split in SPLITS if split in present}
    sorts = SORTS if has_votes else {k: v for k, v in SORTS.items() if "label" not in v}
    filters = [
        Filter("splits", keys.SPLIT, choice("Split", _all_or(splits)),
               lambda split: (split,) if split else ()),
        Filter("labels", keys.CLASS,
               partial(st.multiselect, "Classes", dataset.labels, placeholder="All classes"),
               tuple),
        Filter("finding", keys.FINDING,
               choice("Found by the audit", _all_or({**FINDINGS, **ANNOTATED}))),
        Filter("text", keys.TEXT,
               partial(st.text_input, "In the file name", placeholder="PublicTest_"), str.strip),
        Filter("sort", keys.SORT, choice("Sorted by", sorts)),
    ]  # fmt: skip
    if has_votes:
        filters.append(Filter("opinion", keys.OPINION, choice("People", _all_or(OPINIONS))))
    return Query(**choose(keys.BROWSER, filters))


def show_finding(finding: str) -> None:
    """Set the filters to what the audit found, and show the faces."""
    for key in (keys.SPLIT, keys.OPINION, keys.TEXT):
        st.session_state[key] = ""
    st.session_state[keys.CLASS] = []
    keys.BROWSER.restart()
    st.session_state[keys.FINDING] = finding
    with suppress(StreamlitAPIException):  # an existing widget updates the URL itself
        st.query_params[keys.FINDING] = _all_or(FINDINGS)[finding]
    st.session_state[keys.VIEW] = "faces"


def forget_filters() -> None:
    """Show all of a data set."""
    for key in (keys.SPLIT, keys.CLASS, keys.OPINION, keys.FINDING, keys.TEXT, keys.SORT):
        st.session_state.pop(key, None)


def _all_or(options: Mapping[str, str]) -> dict[str, str]:
    return {"": "All", **{key: name[:1].upper() + name[1:] for key, name in options.items()}}
