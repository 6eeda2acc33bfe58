"""Files that a visitor can download."""

import mimetypes
from collections.abc import Callable

import streamlit as st


def download(
    label: str, make: Callable[[], str | bytes], file_name: str, *, disabled: bool = False
) -> None:
    """A button for a file, which is made when the button is pressed."""
    st.download_button(
        label, make, file_name, mimetypes.guess_type(file_name)[0],
        icon=":material/download:", on_click="ignore", disabled=disabled,
    )  # fmt: skip
