"""The matrix, the faces behind a cell, and the open one, beside each other or one below another."""

import numpy as np
import streamlit as st

from fer.evaluation.query import cells
from pages.common.reveal import ask, reveal
from pages.evaluate import keys
from pages.evaluate.confusion import show_matrix, show_top
from pages.evaluate.detail import choose_face, show_face
from pages.evaluate.evaluated import Evaluation
from pages.evaluate.faces import choose_filters, show_cell, show_count, show_faces, show_link

_MATRIX_PX, _FACE_PX = 400, 320  # the faces take the rest of the width


def explore(evaluated: Evaluation) -> None:
    """Filters above the matrix, the faces and the open face."""
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    query, shown = choose_filters(evaluated, bar)
    matrix, labels = np.array(evaluated.figures["confusion_matrix"]), evaluated.figures["labels"]
    chosen = cells(query, labels)
    with st.container(horizontal=True, gap="small"):
        left = st.container(width=_MATRIX_PX)
        middle = st.container(gap="xsmall")
        right = st.container(width=_FACE_PX)
    with left:
        show_matrix(matrix, labels, chosen, show_cell)
    with right:
        row = choose_face(evaluated)  # first, so that the gallery knows what a link opens
    with middle:
        reveal("faces")
        size_px = show_count(evaluated, query, shown)
        show_faces(evaluated, shown, size_px)
    with right:
        _reveal_opened(row)
        if row is None:
            show_top(matrix, labels, chosen, show_cell)
        else:
            show_face(evaluated, row, shown)
    with bar:
        show_link(evaluated, query)  # last, when each widget has put its value into the address


def _reveal_opened(row: int | None) -> None:
    """Scroll to a face that was opened just now, unless it came with the page, as by a link."""
    before = st.session_state.get(keys.OPENED, row)
    st.session_state[keys.OPENED] = row
    if row is not None and row != before:
        ask("face")
    reveal("face")
