"""The faces behind a figure: filtered, sorted, page by page, bound to the URL."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import streamlit as st

from fer.evaluation.caveats import AGREED
from pages.common import errors
from pages.common.gallery import Thumbnail, face_page
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation

ANY = "any"
FACES_A_PAGE = 60
SHOWN = ("misclassified", "right", "all faces")
SORTS = ("most confident", "least confident", "highest loss", "likeliest label error")
AGREEMENTS = (ANY, "people agree", "people disagree", "no votes")
LEAKS = (ANY, "also in training", "not in training")
_LINKED = (
    keys.SHOW, keys.TRUE, keys.PREDICTED, keys.SORT,
    keys.CONFIDENCE, keys.AGREEMENT, keys.LEAK,
    keys.SLICE, keys.PAGE, keys.FACE,
    keys.TAB, keys.OTHER,
)  # fmt: skip
_DEFAULTS = (None, "", ANY, SHOWN[0], SORTS[0], (0, 100), 1)


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
    st.session_state[keys.TRUE] = true or ANY
    st.session_state[keys.PREDICTED] = predicted or ANY
    is_right = true is not None and true == predicted
    st.session_state[keys.SHOW] = "all faces" if is_right else SHOWN[0]
    first_page()


def first_page() -> None:
    """Start over with other faces."""
    st.session_state[keys.PAGE] = 1
    st.session_state[keys.FACE] = ""


def choose_filters(evaluated: Evaluation) -> Filters:
    """The filters' widgets."""
    labels = (ANY, *evaluated.table.labels)
    has_votes = bool(evaluated.table.frame["agreement"].notna().any())
    first = st.columns(4)
    bound: dict[str, Any] = {"bind": "query-params", "on_change": first_page}
    shown = first[0].selectbox("Faces", SHOWN, key=keys.SHOW, **bound)
    true = first[1].selectbox("True", labels, key=keys.TRUE, **bound)
    predicted = first[2].selectbox("Predicted", labels, key=keys.PREDICTED, **bound)
    sort = first[3].selectbox("Sort by", SORTS, key=keys.SORT, **bound)
    more = st.expander("More filters", icon=":material/filter_list:").columns(4)
    confidence = more[0].slider("Confidence, %", 0, 100, (0, 100), key=keys.CONFIDENCE, **bound)
    agreement = more[1].selectbox(
        "Agreement of people",
        AGREEMENTS,
        key=keys.AGREEMENT,
        disabled=not has_votes,
        help=f"They agree where one choice has at least {AGREED:.0%} of the votes."
        if has_votes
        else "This data set has no votes.",
        **bound,
    )
    leak = more[2].selectbox("Copies in training", LEAKS, key=keys.LEAK, **bound)
    parts = [ANY, *_slices(evaluated)]
    part = more[3].selectbox("Slice", parts, key=keys.SLICE, **bound)
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


def show_faces(evaluated: Evaluation, faces: pd.DataFrame) -> None:
    """One page of faces; a click opens one, a second click closes it.

    Args:
        evaluated: Where they come from.
        faces: Rows of its prediction table.
    """
    if faces.empty:
        st.info("No face fits these filters. Loosen one of them.", icon=":material/search_off:")
        return
    pages = -(-len(faces) // FACES_A_PAGE)
    asked = st.session_state.get(keys.PAGE, 1)
    if isinstance(asked, int) and asked > pages:
        st.session_state[keys.PAGE] = 1
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=keys.PAGE, bind="query-params")
    part = faces.iloc[(page - 1) * FACES_A_PAGE : page * FACES_A_PAGE]
    paths = part["path"].tolist()
    opened = st.session_state.get(keys.FACE)

    def open_or_close(index: int) -> None:
        st.session_state[keys.FACE] = "" if paths[index] == opened else paths[index]

    face_page(
        thumbnails(evaluated, part),
        label=f"Faces, page {page} of {pages}",
        key=keys.GALLERY,
        height_px=560,
        current=paths.index(opened) if opened in paths else None,
        on_open=open_or_close,
    )


def open_face(evaluated: Evaluation) -> pd.Series | None:
    """The face that is open, by its path, which the URL holds too."""
    path = st.text_input(
        "Open face",
        key=keys.FACE,
        bind="query-params",
        placeholder="Click a face, or paste its path",
    )
    if not path:
        st.caption("Click a face to see what the model and people said about it.")
        return None
    found = evaluated.table.frame[evaluated.table.frame["path"] == path.strip()]
    if found.empty:
        st.info(
            f"No face '{errors.plain(path)}' among those measured here. It may be in another "
            "split, or left out.",
            icon=":material/search_off:",
        )
        return None
    return found.iloc[0]


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


def show_link(evaluated: Evaluation) -> None:
    """A link to what is on screen that holds even where a default has changed since."""
    table = evaluated.table
    chosen = {
        keys.MODEL: table.model,
        keys.DATASET: table.dataset,
        keys.SPLIT: table.split,
        keys.TTA: tta_name(table.tta),
    }
    kept = {key: st.session_state.get(key) for key in _LINKED}
    chosen.update({key: value for key, value in kept.items() if value not in _DEFAULTS})
    with st.popover("Link", icon=":material/link:"):
        st.caption("Shows somebody else the same faces, filters, page and open face.")
        address = str(st.context.url).partition("?")[0]
        st.code(f"{address}?{urlencode(chosen, doseq=True)}", language=None, wrap_lines=True)


def tta_name(tta: str) -> str:
    """A test-time augmentation as the page and its URL call it."""
    return tta.replace("_", " ")
