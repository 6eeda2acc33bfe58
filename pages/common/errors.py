"""How a page says that something went wrong."""

import re

import streamlit as st

from fer.errors import FerError

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$:])")


def plain(text: str) -> str:
    """Escape text that is not ours, such as a file name, so that Markdown shows it as it is."""
    return _MARKDOWN.sub(r"\\\1", text)


def show(error: FerError, *, about: str = "") -> None:
    """Show a deliberate error; its message already says what was found and what to do.

    Args:
        error: What was raised.
        about: What it concerns, such as a file's name.
    """
    heading = f"**{plain(about)}**  \n" if about else ""
    st.error(heading + plain(str(error)), icon=":material/error:")
