"""The faces behind a figure: filters, the model's answers, and a link to what is on screen."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from fer import emotions
from fer.data.summary import split_name
from fer.evaluation.caveats import AGREED
from fer.evaluation.query import AGREEMENTS, ANSWERS, COPIES, SORTS, Query, rows, slice_names
from pages.common.browser.annotated import show_annotations
from pages.common.browser.selection import show_choice, show_choosing
from pages.common.choices import select
from pages.common.pictures import Picture
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation

_PER_PAGE = 60
_HEIGHT_PX = 560


def show_cell(true: str | None, predicted: str | None) -> None:
    """Set the filters to a cell of the confusion matrix; None clears one."""
    st.session_state[keys.TRUE] = true or ""
    st.session_state[keys.PREDICTED] = predicted or ""
    is_right = true is not None and true == predicted
    st.session_state[keys.SHOW] = "" if is_right else "wrong"
    keys.BROWSER.restart()


def choose_faces(evaluated: Evaluation) -> tuple[np.ndarray, int]:
    """Filters, and above the faces how many fit, what has been annotated, and a link.

    Returns:
        Positions in the data set of the faces that fit, in order, and the size of one in pixels.
    """
    query = _choose_filters(evaluated)
    quality = evaluated.doubts["label_quality"].to_numpy() if query.sort == "doubtful" else None
    fitting = rows(evaluated.table, query, evaluated.slices, quality)
    with st.container(horizontal=True, vertical_alignment="center"):
        count = f"{len(fitting):,} of {len(evaluated.table):,} faces"
        st.markdown(f"**{count}**, {SORTS[query.sort]} first")
        size_px = evaluated.browser.choose_size()
        show_choosing(evaluated.browser)
        show_annotations(evaluated.browser)
        _show_link(evaluated)
    return fitting, size_px


def _choose_filters(evaluated: Evaluation) -> Query:
    labels = {"": "any"} | {label: label for label in evaluated.table.labels}
    slices = {"": "any"} | {name: name for name in slice_names(evaluated.slices)}
    has_votes = bool(evaluated.table.frame["agreement"].notna().any())
    agreed = f"They agree where one choice has at least {AGREED:.0%} of the votes."
    bound: Any = {"bind": "query-params", "on_change": keys.BROWSER.restart}
    cells = st.columns(4)
    answer = select(cells[0], "Faces", ANSWERS, key=keys.SHOW, **bound)
    true = select(cells[1], "True", labels, key=keys.TRUE, **bound)
    predicted = select(cells[2], "Predicted", labels, key=keys.PREDICTED, **bound)
    sort = select(cells[3], "Sort by", SORTS, key=keys.SORT, **bound)
    with st.expander("More filters", icon=":material/filter_list:"):
        cells = st.columns(4)
    low, high = cells[0].slider("Confidence, %", 0, 100, (0, 100), key=keys.CONFIDENCE, **bound)
    agreement = select(
        cells[1], "Agreement of people", AGREEMENTS, disabled=not has_votes,
        help=agreed if has_votes else "This data set has no votes.", key=keys.AGREEMENT, **bound,
    )  # fmt: skip
    copies = select(cells[2], "Copies in training", COPIES, key=keys.LEAK, **bound)
    part = select(cells[3], "Slice", slices, key=keys.SLICE, **bound)
    return Query(
        answer=answer, true=true, predicted=predicted, confidence=(low / 100, high / 100),
        agreement=agreement, copies=copies, slice=part, sort=sort,
    )  # fmt: skip


def show_faces(evaluated: Evaluation, shown: np.ndarray, size_px: int) -> None:
    """One page of the faces at these positions in the data set."""
    part, name = evaluated.browser.choose_page(shown, _PER_PAGE)
    evaluated.browser.show(
        part, name, key="gallery", pictures=pictures(evaluated, part), size_px=size_px,
        height_px=_HEIGHT_PX, can_choose=True,
    )  # fmt: skip
    show_choice(evaluated.browser, shown)


def pictures(evaluated: Evaluation, shown: np.ndarray) -> list[Picture]:
    """Measured faces with what the model answered."""
    answers = evaluated.answers.loc[shown, ["label", "predicted", "confidence"]]
    return [
        replace(
            face,
            caption=f"{predicted} {confidence:.0%}",
            alt=f"Face labelled {label}, predicted {predicted} with {confidence:.0%} confidence",
            color=emotions.describe(label).color,  # as given, whatever was set by hand
        )
        for face, (label, predicted, confidence) in zip(
            evaluated.browser.pictures(shown), answers.itertuples(index=False), strict=True
        )
    ]


def _show_link(evaluated: Evaluation) -> None:
    """A link to what is on screen that holds even where a default has changed since."""
    table = evaluated.table
    chosen = {key: st.query_params.get_all(key) for key in st.query_params} | {
        keys.MODEL: [table.model],
        keys.DATASET: [table.dataset],
        keys.SPLIT: [split_name(table.split)],
        keys.TTA: [tta_name(table.tta)],
    }
    # Widgets that are drawn further down have not put theirs into the address yet, or, where a
    # link has just been followed, not taken it from there.
    for key, default in ((keys.BROWSER.page, 1), (keys.BROWSER.face, "")):
        if key in st.session_state:
            value = st.session_state[key]
            chosen[key] = [] if value == default else [str(value)]
    with st.popover("Link", icon=":material/link:"):
        st.caption("Shows somebody else the same faces, filters, page and open face.")
        address = str(st.context.url).partition("?")[0]
        st.code(f"{address}?{urlencode(chosen, doseq=True)}", language=None, wrap_lines=True)


def tta_name(tta: str) -> str:
    """A test-time augmentation as the page and its URL call it."""
    return tta.replace("_", " ")
