"""The face that is open, large, in a dialog."""

from html import escape

import numpy as np
import streamlit as st

from fer import emotions
from fer.data.audit import FINDINGS
from pages.common.browser.annotate import show_controls
from pages.common.browser.detail import (
    near_in,
    row_of,
    show_alike,
    show_facts,
    show_steps,
    show_votes,
)
from pages.common.pictures import data_uri
from pages.dataset.keys import BROWSER
from pages.dataset.opened import Opened


def show_open_face(opened: Opened, shown: np.ndarray) -> None:
    """Show the face that was opened, if any.

    Args:
        opened: The data set.
        shown: Positions of the faces behind the dialog, for the way to the next one.
    """
    if BROWSER.path and row_of(opened.dataset, BROWSER.path) is not None:
        _show(opened, shown)


@st.dialog("Face", width="large", on_dismiss=lambda: BROWSER.open(""))
def _show(opened: Opened, shown: np.ndarray) -> None:
    dataset = opened.dataset
    row = row_of(dataset, BROWSER.path)
    if row is None:
        return
    label = dataset.index["label"].iloc[row]
    show_steps(BROWSER, dataset, shown, row)
    left, right = st.columns([2, 3], gap="medium")
    left.html(
        f'<img class="fer-large" src="{data_uri(dataset.pixels[row])}" '
        f'alt="{escape(label)}, {escape(BROWSER.path)}">'
    )
    with right:
        st.html(f'<p class="fer-top">{emotions.describe(label).symbol} {escape(label)}</p>')
        findings = opened.report.findings.iloc[row]
        show_facts(dataset, row, [words for name, words in FINDINGS.items() if findings[name]])
        show_votes(dataset, row)
    show_controls(BROWSER, dataset, row)
    show_alike(BROWSER, dataset, row, near_in(opened.report.near_group, row))
