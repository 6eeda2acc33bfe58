"""Filters: each is a field of a query, with the widget that sets it and its key in the address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from pages.common.browser.state import BrowserState

_PER_ROW = 4


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One filter.

    Attributes:
        field: The query's field that it sets.
        key: Of the widget, and of its value in the address.
        widget: Draws it, and returns its value.
        default: The widget's first value.
        words: How the address calls a value, where it does otherwise.
        to_field: Turns the widget's value into the field's.
    """

    field: str
    key: str
    widget: Callable[..., Any]
    default: object = ""
    words: Mapping[str, str] | None = None
    to_field: Callable[[Any], Any] = lambda value: value


def choice(
    field: str,
    label: str,
    key: str,
    options: Mapping[str, str],
    *,
    to_field: Callable[[Any], Any] = lambda value: value,
    **more: Any,
) -> Filter:
    """A filter with one of some values, the first being the default; `options` has their words."""
    widget = partial(
        st.selectbox, label, list(options), format_func=lambda value: options[value], **more
    )
    return Filter(
        field=field, key=key, widget=widget, words=options, default=next(iter(options)),
        to_field=to_field,
    )  # fmt: skip


def choose(
    state: BrowserState, filters: Sequence[Filter], *, more: Sequence[Filter] = ()
) -> dict[str, Any]:
    """Draw the filters, and return the fields of the query.

    Args:
        state: Starts over when a filter changes.
        filters: In rows of up to four.
        more: Below them, in a section that opens on a click.
    """
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


def as_address(filters: Sequence[Filter]) -> dict[str, object]:
    """The values that differ from the defaults, by key, as the address calls them."""
    values = {one.key: st.session_state.get(one.key, one.default) for one in filters}
    return {
        one.key: one.words[value] if one.words else value
        for one in filters
        if (value := values[one.key]) != one.default
    }
