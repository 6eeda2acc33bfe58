"""The Feedback page: what people corrected, what to make of it, and what models learn from it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from fer.errors import FerError
from fer.importing import extras
from fer.people import Action, acting
from pages.common import errors, visitors
from pages.common.choices import segments
from pages.common.screens import SCREENS
from pages.feedback import keys

if TYPE_CHECKING:
    from fer.feedback.store import Store
    from pages.feedback.opened import Opened

VIEWS = {
    "review": "Review",
    "overview": "Overview",
    "people": "Contributors",
    "history": "Who reviewed what",
    "learning": "Learn",
}


def main() -> None:
    if not visitors.may_open("feedback"):
        show_elsewhere()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("What did people correct?", anchor=False)
        again = st.button("Look for new ones", icon=":material/refresh:", key="feedback.again")
    try:
        with extras():
            from pages.feedback.opened import feedback_store, problem
        store = feedback_store()
        is_empty = store.is_empty
    except FerError as error:
        errors.show(error)
        st.button("Try again", icon=":material/refresh:", key="feedback.retry")
        return
    if unwritten := problem():
        errors.show(unwritten, about="The data set feedback is out of date")
    if is_empty:
        show_empty()
        from pages.feedback.learning import show_earlier

        show_earlier(store)
        return
    view = segments(
        "View", VIEWS, default="review", key=keys.VIEW, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    try:
        _show(view, store, look_again=again)
    except FerError as error:
        errors.show(error)


def _show(view: str, store: "Store", *, look_again: bool) -> None:
    """Draw a view; only this one is imported, and only what needs it waits for what is found."""
    if view == "history":
        from pages.feedback.history import show_history

        show_history(store)
    elif view == "learning":
        from pages.feedback.learning import show_learning

        show_learning(store)
    else:
        from pages.feedback.opened import open_feedback

        _view(view)(open_feedback(look_again=look_again))


def _view(name: str) -> "Callable[[Opened], None]":
    if name == "overview":
        from pages.feedback.overview import show_overview as show
    elif name == "people":
        from pages.feedback.contributors import show_contributors as show
    else:
        from pages.feedback.faces import show_faces as show
    return show


def show_elsewhere() -> None:
    """Where the page works instead."""
    st.title("What did people correct?", anchor=False)
    st.info(
        "This page shows every face that people chose to keep, and what becomes of it. It is for "
        f"those who may {Action.REVIEW}. {errors.plain(acting().why_not(Action.REVIEW))}",
        icon=":material/lock:",
    )


def show_empty() -> None:
    """What to do where nothing came in."""
    st.info(
        "No corrections yet. Predict, Video and Live ask “Was this right?” under each answer; what "
        "people choose to keep appears here for review.",
        icon=":material/inbox:",
    )
    with st.container(horizontal=True):
        for name in ("predict", "video", "live"):
            title, icon = SCREENS[name]
            st.page_link(f"pages/{name}/page.py", label=title, icon=icon)


main()
