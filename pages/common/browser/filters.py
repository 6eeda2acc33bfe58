"""Filters: each is a field of a query, with the widget that sets it and its key in the URL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from pages.common.browser.state import BrowserState

_PER_ROW = 4


@dataclass(frozen=True)
class Filter:
    """One filter.

    Attributes:
        field: The query's field that it sets.
        key: Of the widget, and of its value in the URL.
        widget: Draws it, and returns its value.
        to_field: Turns the widget's value into the field's.
    """

    field: str
    key: str
    widget: Callable[..., Any]
    to_field: Callable[[Any], Any] = lambda value: value


def choice(label: str, options: Mapping[str, str], **more: Any) -> Callable[..., Any]:
    """A widget for one of these values; the URL and the screen show their names."""
    return partial(
        st.selectbox, label, list(options), format_func=lambda value: options[value], **more
    )


def choose(
    state: BrowserState, filters: Sequence[Filter], *, more: Sequence[Filter] = ()
) -> dict[str, Any]:
    """Draw the filters, and `more` in a section that opens; return the fields of the query."""
    fields = _row(state, filters)
    if more:
        with st.expander("More filters", icon=":material/filter_list:"):
            fields |= _row(state, more)
    return fields


def _row(state: BrowserState, filters: Sequence[Filter]) -> dict[str, Any]:
    rows = -(-len(filters) // _PER_ROW)
    columns = [column for _ in range(rows) for column in st.columns(-(-len(filters) // rows))]
    fields = {}
    for one, column in zip(filters, columns, strict=False):
        with column:
            value = one.widget(key=one.key, bind="query-params", on_change=state.restart)
        fields[one.field] = one.to_field(value)
    return fields
