"""What would be kept of an answer, the choice to keep it, and the way back."""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import streamlit as st
from streamlit.errors import StreamlitAPIException

from fer import settings
from fer.errors import ConfigError, FerError
from fer.feedback import consent
from fer.feedback.asking import Question
from fer.feedback.records import in_words
from fer.wording import counted
from pages.common import errors
from pages.common.asking import problems
from pages.common.asking.contributions import contribute, contribution
from pages.common.asking.correction import correction_html
from pages.common.links import link_to
from pages.common.visitors import KEPT_FOR_H

KEEP = "Keep this correction to improve the model"
_NOBODY = "nobody yet"


def offer_to_keep(question: Question, verdict: str, *, key: str) -> None:
    """Show what would be kept, with the choice of a larger crop, and the button that keeps it."""
    try:
        retention = consent.retention(settings.feedback_days())
    except ConfigError as error:  # nobody can agree to what is not known
        problems.show(error)
        return
    with st.container(border=True, gap="small"):
        st.markdown("**Nothing is kept yet.** What would be, if you choose so:")
        shown = st.container()
        with_larger_crop = question.has_larger_crop and st.checkbox(
            "Also keep a larger crop, which shows the hair and what is around the face",
            key=f"{key}.larger",
        )
        with shown:
            _show_what_is_kept(question, verdict, with_larger_crop)
        is_first = not contribution().key  # those who have a key have read it
        with st.expander("What you agree to", expanded=is_first):
            sentences = (*consent.TEXT, retention)
            st.caption("\n".join(f"- {errors.plain(sentence)}" for sentence in sentences))
        problems.show_problem()
        if st.button(KEEP, type="primary", icon=":material/volunteer_activism:", key=f"{key}.keep"):
            _wait_for(
                "Keeping your correction …", partial(_keep, question, verdict, with_larger_crop)
            )


def _show_what_is_kept(question: Question, verdict: str, with_larger_crop: bool) -> None:
    """The images and values of the correction that would be made now."""
    try:
        draft = question.correction(
            verdict, id=str(uuid4()), contributor=_NOBODY, with_larger_crop=with_larger_crop
        )
    except FerError as error:  # the photo is gone
        errors.show(error)
        return
    st.html(correction_html(draft, {"Your name": "a random number that your corrections share"}))


def _keep(question: Question, verdict: str, with_larger_crop: bool) -> None:
    try:
        contribute().keep(question, verdict, with_larger_crop=with_larger_crop)
    except FerError as error:
        problems.remember(error)


def show_kept(question: Question, verdict: str) -> None:
    """What was kept, the way back, and at first the key to all of one's corrections."""
    st.success(f"Kept: {in_words(verdict)}. Thank you.", icon=":material/check:")
    given = contribution()
    if given.is_key_new:
        st.markdown(
            "**This is your key.** With it you can see, download and delete your corrections at "
            "any time. Note it: the database has only a hash of it, and nobody can find it again."
        )
        st.code(given.key, language=None, wrap_lines=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Undo", icon=":material/undo:"):
            _wait_for("Deleting it …", partial(_take_back, question))
        if given.is_key_new:
            st.button("I have noted my key", icon=":material/key:", on_click=given.key_is_noted)
        link_to("corrections")
    problems.show_problem()


def show_waiting(question: Question) -> None:
    """That the store could not take it, and what can be done."""
    show_what_waits()
    if st.button("Discard this one", icon=":material/undo:"):
        _wait_for("Discarding it …", partial(_take_back, question))


def show_what_waits() -> None:
    """How many corrections are not in the store yet, and a button to send them again."""
    given = contribution()
    if not given.waiting:
        return
    waits = counted(len(given.waiting), "correction waits", "corrections wait")
    words = f"{waits} in this app’s memory, for up to {KEPT_FOR_H} hours. Not kept yet."
    if given.problem:
        problems.show(given.problem, words)
    if st.button("Send again", icon=":material/refresh:", type="primary"):
        _wait_for("Sending …", given.send)


def _wait_for(words: str, act: Callable[[], None]) -> None:
    """Do what may take seconds, as the database is opened or away, and draw what came of it."""
    with st.spinner(words):
        act()
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # the whole page is being drawn
        st.rerun()


def _take_back(question: Question) -> None:
    try:
        contribution().take_back(question)
    except FerError as error:
        problems.remember(error)
