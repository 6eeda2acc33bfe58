"""The face that is open, large, in a dialog."""

from html import escape

import numpy as np
import streamlit as st

from fer import emotions
from fer.data.audit import FINDINGS
from pages.common import errors, links
from pages.common.browser.detail import show_face, show_steps
from pages.common.pictures import data_uri
from pages.dataset.keys import BROWSER, NAME
from pages.dataset.opened import Opened


def show_open_face(opened: Opened, shown: np.ndarray) -> None:
    """Show the face that is open, if any; `shown` are the positions of those behind the dialog.

    Its path is in the address, so that a link opens it.
    """
    BROWSER.settle()
    if BROWSER.face not in st.session_state:
        BROWSER.open(st.query_params.get(BROWSER.face, ""))
    if BROWSER.path and opened.browser.row_of(BROWSER.path) is not None:
        _show(opened, shown)
        return
    if BROWSER.path:
        st.info(
            f"No face '{errors.plain(BROWSER.path)}' among those of "
            f"{errors.plain(opened.dataset.name)}. Check the link.",
            icon=":material/search_off:",
        )
        BROWSER.open("")
    _put_into_address()


def _put_into_address() -> None:
    if BROWSER.path:
        st.query_params[BROWSER.face] = BROWSER.path
    else:
        st.query_params.pop(BROWSER.face, None)


@st.dialog("Face", width="large", on_dismiss=lambda: BROWSER.open(""))
def _show(opened: Opened, shown: np.ndarray) -> None:
    dataset, report, browser = opened.dataset, opened.report, opened.browser
    row = browser.row_of(BROWSER.path)
    if row is None:
        return
    _put_into_address()
    show_steps(browser, shown)
    label = dataset.index["label"].iloc[row]
    left, right = st.columns([2, 3], gap="medium")
    left.html(
        f'<img class="fer-large" src="{data_uri(dataset.pixels[row])}" '
        f'alt="{escape(label)}, {escape(BROWSER.path)}">'
    )
    with left:
        links.show_link("this face", {NAME: dataset.name, BROWSER.face: BROWSER.path})
    right.html(f'<p class="fer-top">{escape(emotions.with_symbol(label))}</p>')
    findings, groups = report.faces.iloc[row], report.faces["near_group"].to_numpy()
    show_face(
        browser, row, right,
        findings=[sentence for name, sentence in FINDINGS.items() if findings[name]],
        near=np.flatnonzero(groups == groups[row]) if groups[row] >= 0 else None,
        rows=shown,
    )  # fmt: skip
