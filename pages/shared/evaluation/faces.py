"""The faces behind a figure: filtered, sorted, page by page, bound to the URL."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from fer.evaluation.honesty import AGREED
from pages.shared import state
from pages.shared.evaluation.evaluated import Evaluation
from pages.shared.gallery import Thumbnail, gallery

ANY = "any"
FACES_A_PAGE = 100
SHOWN = ("misclassified", "right", "all faces")
SORTS = ("most confident", "least confident", "highest loss", "likeliest label error")
AGREEMENTS = (ANY, "people agree", "people disagree", "no votes")
LEAKS = (ANY, "also in training", "not in training")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a visitor wants to see."""

    shown: str
    true: str
    predicted: str
    confidence: tuple[int, int]
    agreement: str
    leak: str
    part: str
    sort: str


def choose_cell(true: str | None, predicted: str | None) -> None:
    """Set the filters to a cell of the confusion matrix, or let it go."""
    st.session_state[state.EVALUATE_TRUE] = true or ANY
    st.session_state[state.EVALUATE_PREDICTED] = predicted or ANY
    is_right = true is not None and true == predicted
    st.session_state[state.EVALUATE_SHOW] = "all faces" if is_right else SHOWN[0]
    first_page()


def first_page() -> None:
    st.session_state[state.EVALUATE_PAGE] = 1


def choose_filters(evaluated: Evaluation) -> Filters:
    """The filters' widgets."""
    labels = (ANY, *evaluated.table.labels)
    has_votes = bool(evaluated.table.frame["agreement"].notna().any())
    first = st.columns(4)
    bound: dict[str, Any] = {"bind": "query-params", "on_change": first_page}
    shown = first[0].selectbox("Faces", SHOWN, key=state.EVALUATE_SHOW, **bound)
    true = first[1].selectbox("True", labels, key=state.EVALUATE_TRUE, **bound)
    predicted = first[2].selectbox("Predicted", labels, key=state.EVALUATE_PREDICTED, **bound)
    sort = first[3].selectbox("Sort by", SORTS, key=state.EVALUATE_SORT, **bound)
    more = st.expander("More filters", icon=":material/filter_list:").columns(4)
    confidence = more[0].slider(
        "Confidence, %", 0, 100, (0, 100), key=state.EVALUATE_CONFIDENCE, **bound
    )
    agreement = more[1].selectbox(
        "Agreement of people",
        AGREEMENTS,
        key=state.EVALUATE_AGREEMENT,
        disabled=not has_votes,
        help=f"They agree where one choice has at least {AGREED:.0%} of the votes."
        if has_votes
        else "This data set has no votes.",
        **bound,
    )
    leak = more[2].selectbox("Copies in training", LEAKS, key=state.EVALUATE_LEAK, **bound)
    parts = [ANY, *_slices(evaluated)]
    part = more[3].selectbox("Slice", parts, key=state.EVALUATE_SLICE, **bound)
    return Filters(
        shown=shown, true=true, predicted=predicted, confidence=confidence, agreement=agreement,
        leak=leak, part=part, sort=sort,
    )  # fmt: skip


def _slices(evaluated: Evaluation) -> dict[str, tuple[str, str]]:
    """Column and value by the slice's name; a label has filters of its own."""
    return {
        f"{column}: {value}": (column, value)
        for column, values in evaluated.slices.items()
        if column not in ("label", "in_training", "agreement")
        for value in sorted(map(str, values.dropna().unique()))
    }


def filtered(evaluated: Evaluation, filters: Filters) -> pd.DataFrame:
    """The rows of the prediction table that are wanted, in the wanted order."""
    frame = evaluated.table.frame
    chosen = np.ones(len(frame), bool)
    if filters.shown != "all faces":
        chosen &= frame["correct"].to_numpy(bool) == (filters.shown == "right")
    for column, wanted in (("label", filters.true), ("predicted", filters.predicted)):
        if wanted != ANY:
            chosen &= (frame[column] == wanted).to_numpy()
    low, high = filters.confidence
    chosen &= frame["confidence"].between(low / 100, high / 100).to_numpy()
    agreement = frame["agreement"].to_numpy()
    if filters.agreement != ANY:
        chosen &= {
            "people agree": agreement >= AGREED,
            "people disagree": agreement < AGREED,
            "no votes": np.isnan(agreement),
        }[filters.agreement]
    if filters.leak != ANY:
        chosen &= frame["in_training"].to_numpy(bool) == (filters.leak == "also in training")
    if filters.part != ANY:
        column, value = _slices(evaluated)[filters.part]
        chosen &= (evaluated.slices[column].astype(str) == value).to_numpy()
    if filters.sort == "likeliest label error":
        frame = frame.assign(label_quality=evaluated.doubts["label_quality"].to_numpy())
    by, ascending = {
        "most confident": ("confidence", False),
        "least confident": ("confidence", True),
        "highest loss": ("loss", False),
        "likeliest label error": ("label_quality", True),
    }[filters.sort]
    return frame[chosen].sort_values(by, ascending=ascending, kind="stable")


def show_faces(evaluated: Evaluation, faces: pd.DataFrame, what: object) -> pd.Series | None:
    """One page of faces, and the row of the one that was clicked.

    Args:
        evaluated: Where they come from.
        faces: Rows of its prediction table.
        what: Different for every choice of faces, so that a click belongs to one.
    """
    if faces.empty:
        st.info("No face fits these filters. Loosen one of them.", icon=":material/search_off:")
        return None
    pages = -(-len(faces) // FACES_A_PAGE)
    asked = st.session_state.get(state.EVALUATE_PAGE, 1)
    if isinstance(asked, int) and asked > pages:
        first_page()
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=state.EVALUATE_PAGE, bind="query-params")
    part = faces.iloc[(page - 1) * FACES_A_PAGE : page * FACES_A_PAGE]
    key = blake2b(f"{what} {page}".encode(), digest_size=8).hexdigest()
    with st.container(height=560, border=False):
        clicked = gallery(
            thumbnails(evaluated, part), label="Faces", key=f"{state.EVALUATE_GALLERY}.{key}"
        )
    return None if clicked is None or clicked >= len(part) else part.iloc[clicked]


def thumbnails(evaluated: Evaluation, faces: pd.DataFrame) -> list[Thumbnail]:
    """Faces with what the model said of them."""
    said = zip(faces["row"], faces["label"], faces["predicted"], faces["confidence"], strict=True)
    return [
        Thumbnail(
            pixels=evaluated.dataset.pixels[row],
            caption=f"{predicted} {confidence:.0%}",
            alt=f"Face labelled {label}, predicted {predicted} with {confidence:.0%} confidence",
        )
        for row, label, predicted, confidence in said
    ]
