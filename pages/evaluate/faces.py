"""The faces behind a figure: filters, the model's answers, and a link to what is on screen."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer import emotions
from fer.evaluation.caveats import AGREED
from fer.evaluation.query import AGREEMENTS, ANSWERS, COPIES, SORTS, Query, rows, slice_names
from fer.wording import percent, split_name
from pages.common import errors, links
from pages.common.browser.annotated import show_annotations
from pages.common.browser.selection import show_choice, show_choosing
from pages.common.choices import select, set_linked
from pages.common.pictures import Picture
from pages.common.reveal import ask
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation

FACES_TAB = "Faces"
_PER_PAGE = 60
_HEIGHT_PX = 480
_FILTER_PX = 165
_DEFAULTS: dict[str, Any] = {
    keys.SHOW: "wrong", keys.TRUE: "", keys.PREDICTED: "", keys.CONFIDENCE: (0, 100),
    keys.AGREEMENT: "", keys.LEAK: "", keys.SLICE: "",
}  # fmt: skip
_NAMES: dict[str, Mapping[str, str]] = {
    keys.SHOW: ANSWERS, keys.LEAK: COPIES, keys.SORT: SORTS,
}  # fmt: skip
"""What the address calls the values of a filter, where that is not themselves."""
_KEYS = {
    "true": keys.TRUE, "predicted": keys.PREDICTED, "copies": keys.LEAK, "slice": keys.SLICE,
    "sort": keys.SORT, "face": keys.FACE,
}  # fmt: skip


def show_cell(true: str | None, predicted: str | None) -> None:
    """Set the filters to a cell of the confusion matrix; None clears one."""
    st.session_state[keys.TRUE] = true or ""
    st.session_state[keys.PREDICTED] = predicted or ""
    is_right = true is not None and true == predicted
    st.session_state[keys.SHOW] = "" if is_right else "wrong"
    keys.BROWSER.restart()
    ask("faces")


def show_only(*, answer: str = "", **filters: str) -> None:
    """Show the faces that some filters let through, by the names of a query's fields."""
    keys.BROWSER.restart()
    chosen = {_KEYS[field]: value for field, value in filters.items()} | {keys.SHOW: answer}
    for key, value in (_DEFAULTS | chosen).items():
        is_default = value == _DEFAULTS.get(key)
        set_linked(key, value, "" if is_default else _NAMES.get(key, {}).get(value, value))
    st.session_state[keys.TAB] = FACES_TAB
    ask("faces")


def choose_filters(evaluated: Evaluation, bar: DeltaGenerator) -> tuple[Query, np.ndarray]:
    """The filters, in a bar, and the positions in the data set of the faces they let through."""
    query = _choose(evaluated, bar)
    quality = evaluated.doubts["label_quality"].to_numpy() if query.sort == "doubtful" else None
    return query, rows(evaluated.table, query, evaluated.slices, quality)


def _choose(evaluated: Evaluation, bar: DeltaGenerator) -> Query:
    labels = {"": "any"} | {label: label for label in evaluated.table.labels}
    slices = {"": "any"} | {name: name for name in slice_names(evaluated.slices)}
    has_votes = bool(evaluated.table.frame["agreement"].notna().any())
    agreed = f"They agree where one choice has at least {AGREED:.0%} of the votes."
    bound: Any = {"bind": "query-params", "on_change": keys.BROWSER.restart}
    shown = {"width": _FILTER_PX, **bound}
    answer = select(bar, "Faces", ANSWERS, key=keys.SHOW, **shown)
    true = select(bar, "True", labels, key=keys.TRUE, **shown)
    predicted = select(bar, "Predicted", labels, key=keys.PREDICTED, **shown)
    sort = select(bar, "Sort by", SORTS, key=keys.SORT, **shown)
    more = bar.popover("More filters", icon=":material/filter_list:", key=keys.MORE)
    low, high = more.slider("Confidence, %", 0, 100, (0, 100), key=keys.CONFIDENCE, **bound)
    agreement = select(
        more, "Agreement of people", AGREEMENTS, disabled=not has_votes,
        help=agreed if has_votes else "This data set has no votes.", key=keys.AGREEMENT, **bound,
    )  # fmt: skip
    copies = select(more, "Copies in training", COPIES, key=keys.LEAK, **bound)
    part = select(more, "Slice", slices, key=keys.SLICE, **bound)
    query = Query(
        answer=answer, true=true, predicted=predicted, confidence=(low / 100, high / 100),
        agreement=agreement, copies=copies, slice=part, sort=sort,
    )  # fmt: skip
    bar.button(
        "Clear filters",
        icon=":material/filter_alt_off:",
        key="evaluate.clear",
        disabled=query == Query(answer="wrong", sort=sort),
        on_click=show_only,
        kwargs={"answer": "wrong"},
    )
    return query


def show_count(evaluated: Evaluation, query: Query, shown: np.ndarray) -> int:
    """How many faces there are and by which hidden filters, their size, and annotations.

    Returns:
        The size of a face in pixels.
    """
    st.markdown(f"**{len(shown):,} of {len(evaluated.table):,} faces**, {SORTS[query.sort]} first")
    if hidden := _hidden(query):
        st.caption(errors.plain(f"Only {' · '.join(hidden)}"))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        size_px = evaluated.browser.choose_size()
        show_choosing(evaluated.browser)
        show_annotations(evaluated.browser)
    return size_px


def _hidden(query: Query) -> list[str]:
    """The filters that are set where they cannot be seen."""
    low, high = query.confidence
    return [
        *([f"confidence {low:.0%} to {high:.0%}"] if query.confidence != (0, 1) else []),
        *([AGREEMENTS[query.agreement]] if query.agreement else []),
        *([COPIES[query.copies]] if query.copies else []),
        *([query.slice] if query.slice else []),
    ]


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
            caption=f"{label} → {predicted} {percent(confidence)}",
            alt=f"Face labelled {label}, predicted {predicted} with {percent(confidence)} "
            "confidence",
            color=emotions.describe(label).color,  # as given, whatever was set by hand
        )
        for face, (label, predicted, confidence) in zip(
            evaluated.browser.pictures(shown), answers.itertuples(index=False), strict=True
        )
    ]


def show_link(evaluated: Evaluation, query: Query) -> None:
    """A link to what is on screen that holds even where a default has changed since."""
    table = evaluated.table
    chosen = {key: st.query_params.get_all(key) for key in st.query_params} | {
        keys.MODEL: [table.model],
        keys.DATASET: [table.dataset],
        keys.SPLIT: [split_name(table.split)],
        keys.TTA: [tta_name(table.tta)],
        keys.SHOW: [ANSWERS[query.answer]],
        keys.TRUE: [query.true] if query.true else [],
        keys.PREDICTED: [query.predicted] if query.predicted else [],
        keys.LEAK: [COPIES[query.copies]] if query.copies else [],
        keys.SLICE: [query.slice] if query.slice else [],
        keys.SORT: [SORTS[query.sort]],
    }
    # Widgets that are drawn further down have not put theirs into the address yet, or, where a
    # link has just been followed, not taken it from there.
    for key, default in ((keys.BROWSER.page, 1), (keys.BROWSER.face, "")):
        if key in st.session_state:
            value = st.session_state[key]
            chosen[key] = [] if value == default else [str(value)]
    links.show_link("the same faces, filters, page and open face", chosen)


def tta_name(tta: str) -> str:
    """A test-time augmentation as the page and its URL call it."""
    return tta.replace("_", " ")
