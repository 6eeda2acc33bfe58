"""Which models there are: their cards and figures, their files, and a way to add one."""

import streamlit as st

from fer.errors import FerError
from pages.common import errors
from pages.common.choices import segments, select_linked
from pages.models import keys
from pages.models.actions import show_done
from pages.models.add import show_add
from pages.models.card import show_card
from pages.models.cards import Entry, entries
from pages.models.overview import show_comparison, show_overview

VIEWS = {"all": "All models", "add": "Add a network"}


def main() -> None:
    if st.session_state.get(keys.CHOOSE):
        st.session_state[keys.VIEW] = "all"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Which models are there?", anchor=False)
        view = segments(
            "View", VIEWS, default="all", key=keys.VIEW, bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
    if view == "add":
        show_add()
        return
    show_done()
    there = entries()
    if not there:
        show_empty()
        return
    show_overview(there)
    try:
        chosen, beside = choose(there)
    except FerError as error:
        errors.show(error)
        return
    if beside:
        show_comparison([chosen, *beside])
    show_card(chosen)


def show_empty() -> None:
    """What to do where there is no model."""
    st.info("There is no model yet. Train one, or add a network that was trained elsewhere.")
    with st.container(horizontal=True):
        st.page_link("pages/train/page.py", label="Train", icon=":material/model_training:")
        if st.button("Add a network", icon=":material/library_add:", key="models.empty.add"):
            st.session_state[keys.CHOOSE] = None
            st.query_params[keys.VIEW] = VIEWS["add"]
            st.rerun()


def choose(there: list[Entry]) -> tuple[Entry, list[Entry]]:
    """The model whose card to show, and those to compare it with."""
    by_name = {entry.name: entry for entry in there}
    if (wanted := st.session_state.pop(keys.CHOOSE, None)) in by_name:
        st.session_state[keys.MODEL] = wanted
    elif st.session_state.get(keys.MODEL) not in (None, *by_name):
        del st.session_state[keys.MODEL]  # it was removed
    default = next((place for place, entry in enumerate(there) if entry.is_default), 0)
    left, right = st.columns(2)
    name = select_linked(
        left, "Model", {name: name for name in by_name}, index=default, key=keys.MODEL,
        remedy="Choose another one, or add it and open the link again.",
    )  # fmt: skip
    others = [other for other in by_name if other != name and by_name[other].card]
    if by_name[name].card is None:
        return by_name[name], []
    beside = right.multiselect(
        "Compare with", others, key=keys.BESIDE, placeholder="No other model",
        disabled=not others,
    )  # fmt: skip
    return by_name[name], [by_name[other] for other in beside]


main()
