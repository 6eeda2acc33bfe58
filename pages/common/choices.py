"""Choices of one thing among a few, by its name, and among many, by its page."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from fer.errors import FerError

T = TypeVar("T")
Items = TypeVar("Items", np.ndarray, Sequence[Any])


def select(place: DeltaGenerator, label: str, options: Mapping[T, str], **more: Any) -> T:
    """A select box of the names of values; the rest is as `st.selectbox` takes it."""
    value: T = place.selectbox(label, list(options), format_func=options.__getitem__, **more)
    return value


def select_linked(
    place: DeltaGenerator,
    label: str,
    options: Mapping[T, str],
    *,
    key: str,
    remedy: str = "Choose another one.",
    **more: Any,
) -> T:
    """As `select`, in the address.

    Raises:
        FerError: If a link names what is not an option, with the remedy, until the visitor
            chooses. The page would otherwise show something else as if the link had asked for it,
            such as the figures of another model.
    """
    asked = st.query_params.get(key)
    if key not in st.session_state and asked is not None and asked not in options.values():
        is_value = asked in options  # the value instead of its name
        st.session_state[key] = asked if is_value else None
        st.session_state[f"{key}.asked"] = asked
        more["index"] = 0  # which the session state overrides
    chosen = select(place, label, options, key=key, bind="query-params", **more)
    if chosen is None:
        asked = st.session_state.get(f"{key}.asked", "")
        name = label[:1].lower() + label[1:]
        raise FerError(f"The link asks for the {name} '{asked}', which is not here. {remedy}")
    return chosen


def set_linked(key: str, value: object, name: str) -> None:
    """Set a widget that is in the address, in a callback, whether or not it was drawn before.

    `name` is the value in the address, "" for the widget's default.
    """
    st.session_state[key] = value
    with suppress(StreamlitAPIException):  # a widget that is drawn updates the address itself
        if name:
            st.query_params[key] = name
        else:
            st.query_params.pop(key, None)


def segments(label: str, options: Mapping[T, str], *, default: T, **more: Any) -> T:
    """As `select`, with all of them beside each other; the rest is for `st.segmented_control`."""
    value: T = st.segmented_control(
        label, list(options), format_func=options.__getitem__, default=default, required=True,
        **more,
    )  # fmt: skip
    return value


def page_of(items: Items, size: int, **more: Any) -> tuple[Items, str]:
    """The items on the chosen page, and which page of how many that is.

    There is nothing to choose on a single page; the rest is as `st.pagination` takes it.
    """
    pages = max(1, -(-len(items) // size))
    number = st.pagination(pages, **more) if pages > 1 else 1
    return items[(number - 1) * size : number * size], f"page {number} of {pages}"
