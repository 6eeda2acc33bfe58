"""Files that a visitor can download."""

import mimetypes
from collections.abc import Callable

import pandas as pd
import streamlit as st

from fer.wording import as_cell


def download(
    label: str, make: Callable[[], str | bytes], file_name: str, *, disabled: bool = False
) -> None:
    """A button for a file, which is made when the button is pressed."""
    st.download_button(
        label, make, file_name, mimetypes.guess_type(file_name)[0],
        icon=":material/download:", on_click="ignore", disabled=disabled,
    )  # fmt: skip


def csv_of(frame: pd.DataFrame) -> str:
    """A table as a CSV file, whose texts no spreadsheet computes."""
    frame = frame.copy()
    for name, column in frame.items():
        if not pd.api.types.is_numeric_dtype(column):
            cells = [as_cell(cell) if isinstance(cell, str) else cell for cell in column]
            # As objects, or gaps would turn whole numbers into 1.0.
            frame[name] = pd.Series(cells, index=frame.index, dtype=object)
    return str(frame.to_csv(index=False))
