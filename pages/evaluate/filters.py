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


def choose_filters(evaluated: Evaluation) -> Query:
    """Draw the filters, and return what they ask for."""
    labels = {"": "any"} | {label: label for label in evaluated.table.labels}
    slices = {"": "any"} | {name: name for name in slice_names(evaluated.slices)}
    has_votes = bool(evaluated.table.frame["agreement"].notna().any())
    agreed = f"They agree where one choice has at least {AGREED:.0%} of the votes."
    filters = [
        Filter(field="answer", key=keys.SHOW, widget=choice("Faces", ANSWERS)),
        Filter(field="true", key=keys.TRUE, widget=choice("True", labels)),
        Filter(field="predicted", key=keys.PREDICTED, widget=choice("Predicted", labels)),
        Filter(field="sort", key=keys.SORT, widget=choice("Sort by", SORTS)),
    ]
    more = [
        Filter(field="confidence", key=keys.CONFIDENCE,
               widget=partial(st.slider, "Confidence, %", 0, 100, (0, 100)),
               to_field=lambda ends: (ends[0] / 100, ends[1] / 100)),
        Filter(field="agreement", key=keys.AGREEMENT,
               widget=choice("Agreement of people", AGREEMENTS, disabled=not has_votes,
                             help=agreed if has_votes else "This data set has no votes.")),
        Filter(field="copies", key=keys.LEAK, widget=choice("Copies in training", COPIES)),
        Filter(field="slice", key=keys.SLICE, widget=choice("Slice", slices)),
    ]  # fmt: skip
    return Query(**choose(keys.BROWSER, filters, more=more))
