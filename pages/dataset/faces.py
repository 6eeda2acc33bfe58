"""Every face of a data set, to filter, sort, open and annotate."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from fer.data import SPLITS, Dataset
from fer.data.audit import FINDINGS
from fer.data.query import ANNOTATED, OPINIONS, SORTS, Query, rows
from fer.wording import split_name
from pages.common.browser.annotated import show_annotations
from pages.common.browser.selection import show_choice, show_choosing
from pages.common.charts import bars_html
from pages.common.choices import select, set_linked
from pages.dataset import keys
from pages.dataset.opened import Opened, kept_drawing
from pages.dataset.overview import histograms

_PER_PAGE = 200


def show_faces(opened: Opened) -> np.ndarray:
    """Show the faces that the filters let through, and return the positions of all of them."""
    dataset, browser = opened.dataset, opened.browser
    query = _choose_filters(dataset)
    fitting = rows(dataset, opened.report, query)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(fitting):,}** of {len(dataset):,} faces")
        size_px = browser.choose_size()
        show_choosing(browser)
        show_annotations(browser)
    _show_distribution(opened, fitting)
    browser.show_legend(fitting)
    part, name = browser.choose_page(fitting, _PER_PAGE)
    browser.show(part, name, key="gallery", size_px=size_px, can_choose=True)
    show_choice(browser, fitting)
    return fitting


@kept_drawing
def _show_distribution(opened: Opened, shown: np.ndarray) -> None:
    with st.expander("What these faces are like", icon=":material/bar_chart:"):
        index = opened.dataset.index.iloc[shown]
        classes, *columns = st.columns(3)
        shares = index["label"].value_counts(normalize=True)
        classes.html(bars_html({name: shares.get(name, 0.0) for name in opened.dataset.labels}))
        histograms(index, columns, key="dataset.faces")


def _choose_filters(dataset: Dataset) -> Query:
    has_votes = dataset.votes is not None
    present = set(dataset.index["split"])
    splits = {split: split_name(split) for split in SPLITS if split in present}
    sorts = SORTS if has_votes else {k: v for k, v in SORTS.items() if "label" not in v}
    findings = {**FINDINGS, **ANNOTATED}
    bound: Any = {"bind": "query-params", "on_change": keys.BROWSER.restart}
    cells = [*st.columns(3), *st.columns(3)]
    split = select(cells[0], "Split", _all_or(splits), key=keys.SPLIT, **bound)
    labels = cells[1].multiselect(
        "Classes", dataset.labels, placeholder="All classes", key=keys.CLASS, **bound
    )
    finding = select(cells[2], "Found by the audit", _all_or(findings), key=keys.FINDING, **bound)
    text = cells[3].text_input(
        "In the file name", placeholder="PublicTest_", key=keys.TEXT, **bound
    )
    sort = select(cells[4], "Sorted by", sorts, key=keys.SORT, **bound)
    opinion = ""
    if has_votes:
        opinion = select(cells[5], "People", _all_or(OPINIONS), key=keys.OPINION, **bound)
    return Query(
        splits=(split,) if split else (), labels=tuple(labels), finding=finding,
        text=text.strip(), sort=sort, opinion=opinion,
    )  # fmt: skip


def show_finding(finding: str) -> None:
    """Set the filters to what the audit found, and show the faces."""
    for key in (keys.SPLIT, keys.OPINION, keys.TEXT):
        set_linked(key, "", "")
    set_linked(keys.CLASS, [], "")
    keys.BROWSER.restart()
    set_linked(keys.FINDING, finding, _all_or(FINDINGS)[finding])
    st.session_state[keys.VIEW] = "faces"


def start_afresh() -> None:
    """Show the whole of a data set that has just been chosen."""
    for key in (keys.MAP_LABEL, keys.MAP_AMONG, keys.MAP_CHART, keys.MAP_MARKED):
        st.session_state.pop(key, None)
    for key in (keys.SPLIT, keys.CLASS, keys.OPINION, keys.FINDING, keys.TEXT, keys.SORT):
        st.session_state.pop(key, None)
    keys.BROWSER.restart()


def _all_or(options: Mapping[str, str]) -> dict[str, str]:
    return {"": "All", **{key: name[:1].upper() + name[1:] for key, name in options.items()}}
