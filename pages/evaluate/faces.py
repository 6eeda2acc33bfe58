"""The faces behind a figure: filters, the model's answers, and a link to what is on screen."""

from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from fer.evaluation.caveats import AGREED
from fer.evaluation.query import AGREEMENTS, ANSWERS, COPIES, SORTS, Query, rows, slice_names
from pages.common.browser import faces
from pages.common.browser.annotate import show_annotations
from pages.common.browser.filters import Filter, choice, choose
from pages.common.gallery import Thumbnail
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
        size_px = faces.choose_size(keys.BROWSER)
        show_annotations(keys.BROWSER, evaluated.dataset)
        _show_link(evaluated)
    return fitting, size_px


def _choose_filters(evaluated: Evaluation) -> Query:
    labels = {"": "any"} | {label: label for label in evaluated.table.labels}
    slices = {"": "any"} | {name: name for name in slice_names(evaluated.slices)}
    has_votes = bool(evaluated.table.frame["agreement"].notna().any())
    agreed = f"They agree where one choice has at least {AGREED:.0%} of the votes."
    filters = [
        Filter("answer", keys.SHOW, choice("Faces", ANSWERS)),
        Filter("true", keys.TRUE, choice("True", labels)),
        Filter("predicted", keys.PREDICTED, choice("Predicted", labels)),
        Filter("sort", keys.SORT, choice("Sort by", SORTS)),
    ]
    more = [
        Filter("confidence", keys.CONFIDENCE,
               partial(st.slider, "Confidence, %", 0, 100, (0, 100)),
               lambda ends: (ends[0] / 100, ends[1] / 100)),
        Filter("agreement", keys.AGREEMENT,
               choice("Agreement of people", AGREEMENTS, disabled=not has_votes,
                      help=agreed if has_votes else "This data set has no votes.")),
        Filter("copies", keys.LEAK, choice("Copies in training", COPIES)),
        Filter("slice", keys.SLICE, choice("Slice", slices)),
    ]  # fmt: skip
    return Query(**choose(keys.BROWSER, filters, more=more))


def show_faces(evaluated: Evaluation, shown: np.ndarray, size_px: int) -> None:
    """One page of the faces at these positions in the data set."""
    faces.show_page(
        keys.BROWSER, evaluated.dataset, shown, draw=lambda _, part: thumbnails(evaluated, part),
        per_page=_PER_PAGE, size_px=size_px, height_px=_HEIGHT_PX,
    )  # fmt: skip


def thumbnails(evaluated: Evaluation, shown: np.ndarray) -> list[Thumbnail]:
    """Measured faces with what the model answered."""
    columns = ["label", "predicted", "confidence"]
    answers = evaluated.table.frame[columns].iloc[evaluated.position[shown]]
    return [
        replace(
            face,
            caption=f"{predicted} {confidence:.0%}",
            alt=f"Face labelled {label}, predicted {predicted} with {confidence:.0%} confidence",
        )
        for face, (label, predicted, confidence) in zip(
            faces.thumbnails(evaluated.dataset, shown), answers.itertuples(index=False), strict=True
        )
    ]


def _show_link(evaluated: Evaluation) -> None:
    """A link to what is on screen that holds even where a default has changed since."""
    table = evaluated.table
    chosen = {key: st.query_params.get_all(key) for key in st.query_params} | {
        keys.MODEL: [table.model],
        keys.DATASET: [table.dataset],
        keys.SPLIT: [table.split],
        keys.TTA: [tta_name(table.tta)],
    }
    # Widgets that are drawn further down have not put theirs into the address yet.
    for key, default in ((keys.BROWSER.page, 1), (keys.BROWSER.face, "")):
        chosen.pop(key, None)
        if (value := st.session_state.get(key) or default) != default:
            chosen[key] = [str(value)]
    with st.popover("Link", icon=":material/link:"):
        st.caption("Shows somebody else the same faces, filters, page and open face.")
        address = str(st.context.url).partition("?")[0]
        st.code(f"{address}?{urlencode(chosen, doseq=True)}", language=None, wrap_lines=True)


def tta_name(tta: str) -> str:
    """A test-time augmentation as the page and its URL call it."""
    return tta.replace("_", " ")
