"""The filters of the Evaluate page, and the ways to set them."""

from functools import partial

import streamlit as st

from fer.evaluation.caveats import AGREED
from fer.evaluation.query import AGREEMENTS, ANSWERS, COPIES, SORTS, Query, slice_names
from pages.common.browser.filters import Filter, choice, choose
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation


def show_cell(true: str | None, predicted: str | None) -> None:
    """Set the filters to a cell of the confusion matrix; None where one is let go."""
    st.session_state[keys.TRUE] = true or ""
    st.session_state[keys.PREDICTED] = predicted or ""
    is_right = true is not None and true == predicted
    st.session_state[keys.SHOW] = "" if is_right else "wrong"
    keys.BROWSER.restart()


def filters_of(evaluated: Evaluation) -> tuple[list[Filter], list[Filter]]:
    """The filters, and those that come into view on a click."""
    labels = {"": "any"} | {label: label for label in evaluated.table.labels}
    slices = {"": "any"} | {name: name for name in slice_names(evaluated.slices)}
    has_votes = bool(evaluated.table.frame["agreement"].notna().any())
    whole = (0, 100)
    first = [
        choice("answer", "Faces", keys.SHOW, ANSWERS),
        choice("true", "True", keys.TRUE, labels),
        choice("predicted", "Predicted", keys.PREDICTED, labels),
        choice("sort", "Sort by", keys.SORT, SORTS),
    ]
    more = [
        Filter(
            field="confidence", key=keys.CONFIDENCE, default=whole,
            widget=partial(st.slider, "Confidence, %", *whole, whole),
            to_field=lambda ends: (ends[0] / 100, ends[1] / 100),
        ),
        choice(
            "agreement", "Agreement of people", keys.AGREEMENT, AGREEMENTS, disabled=not has_votes,
            help=f"They agree where one choice has at least {AGREED:.0%} of the votes."
            if has_votes
            else "This data set has no votes.",
        ),
        choice("copies", "Copies in training", keys.LEAK, COPIES),
        choice("slice", "Slice", keys.SLICE, slices),
    ]  # fmt: skip
    return first, more


def choose_filters(evaluated: Evaluation) -> Query:
    """Draw the filters, and return what they ask for."""
    first, more = filters_of(evaluated)
    return Query(**choose(keys.BROWSER, first, more=more))
