"""The filters of the Data page."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import streamlit as st
from streamlit.errors import StreamlitAPIException

from fer.data import SPLITS, Dataset
from fer.data.audit import FINDINGS
from fer.data.query import ANNOTATED, OPINIONS, SORTS, Query
from fer.data.summary import SPLIT_NAMES
from pages.common.browser.filters import Filter, choice, choose
from pages.dataset import keys


def choose_filters(dataset: Dataset) -> Query:
    """Draw the filters, and return what they ask for."""
    has_votes = dataset.votes is not None
    there = set(dataset.index["split"].unique())
    splits = {split: SPLIT_NAMES[split] for split in SPLITS if split in there}
    sorts = SORTS if has_votes else {k: v for k, v in SORTS.items() if "label" not in v}
    filters = [
        Filter(field="splits", key=keys.SPLIT, widget=choice("Split", _all_or(splits)),
               to_field=lambda split: (split,) if split else ()),
        Filter(field="labels", key=keys.CLASS, to_field=tuple,
               widget=partial(st.multiselect, "Classes", dataset.labels,
                              placeholder="All classes")),
        Filter(field="finding", key=keys.FINDING,
               widget=choice("Found by the audit", _all_or({**FINDINGS, **ANNOTATED}))),
        Filter(field="text", key=keys.TEXT, to_field=str.strip,
               widget=partial(st.text_input, "In the file name", placeholder="PublicTest_")),
        Filter(field="sort", key=keys.SORT, widget=choice("Sorted by", sorts)),
    ]  # fmt: skip
    if has_votes:
        people = choice("People", _all_or(OPINIONS))
        filters.append(Filter(field="opinion", key=keys.OPINION, widget=people))
    return Query(**choose(keys.BROWSER, filters))


def show_finding(finding: str) -> None:
    """Set the filters to what the audit found, and show the faces."""
    for key in (keys.SPLIT, keys.OPINION, keys.TEXT):
        st.session_state[key] = ""
    st.session_state[keys.CLASS] = []
    keys.BROWSER.restart()
    st.session_state[keys.FINDING] = finding
    with suppress(StreamlitAPIException):  # a widget that is there keeps the address itself
        st.query_params[keys.FINDING] = _all_or(FINDINGS)[finding]
    st.session_state[keys.VIEW] = "faces"


def forget_filters() -> None:
    """Show all of a data set."""
    for key in (keys.SPLIT, keys.CLASS, keys.OPINION, keys.FINDING, keys.TEXT, keys.SORT):
        st.session_state.pop(key, None)


def _all_or(options: Mapping[str, str]) -> dict[str, str]:
    return {"": "All", **{key: words[:1].upper() + words[1:] for key, words in options.items()}}
