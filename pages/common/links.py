"""What one page hands over to another, and one visitor to another."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from pages.common.screens import SCREENS

MODEL = "link.model"
"""Key in the session state of a model's name, which Train sets and the next page chooses."""

SNAPSHOT = "link.snapshot"
"""Key in the session state of a JPEG file, which Live took and Predict shows."""

EXAMPLE = "link.example"
"""Key in the session state of the key of an example, which Home offers and Predict shows."""


def show_link(shows: str, chosen: Mapping[str, str | Sequence[str]]) -> None:
    """A link to this page with these values in its address, to copy; `shows` is what it shows."""
    with st.popover("Link", icon=":material/link:"):
        st.caption(f"Shows somebody else {shows}.")
        address = str(st.context.url).partition("?")[0]
        st.code(f"{address}?{urlencode(chosen, doseq=True)}", language=None, wrap_lines=True)


def link_to(screen: str) -> None:
    """A link to a page, by its folder, with its title and icon."""
    title, icon = SCREENS[screen]
    st.page_link(f"pages/{screen}/page.py", label=title, icon=icon)
