"""What would be kept of an answer, the choice to keep it, and the way back."""

from html import escape
from uuid import uuid4

import streamlit as st

from fer import settings
from fer.errors import FerError
from fer.feedback import consent
from fer.feedback.asking import Question, in_words
from fer.wording import counted
from pages.common import errors
from pages.common.asking.contributions import contribute, contribution
from pages.common.pictures import png_uri
from pages.common.screens import SCREENS
from pages.common.visitors import KEPT_FOR_H, are_local

KEEP = "Keep this correction to improve the model"
_PROBLEM = "asking.problem"
_NOBODY = "nobody yet"


def offer_to_keep(question: Question, verdict: str, *, key: str) -> None:
    """Show what would be kept, with the choice of a larger crop, and the button that keeps it."""
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
            sentences = (*consent.TEXT, consent.retention(settings.feedback_days()))
            st.markdown("\n".join(f"- {errors.plain(sentence)}" for sentence in sentences))
        show_problem()
        st.button(
            KEEP, type="primary", icon=":material/volunteer_activism:", key=f"{key}.keep",
            on_click=_keep, args=(question, verdict, with_larger_crop),
        )  # fmt: skip


def _show_what_is_kept(question: Question, verdict: str, with_larger_crop: bool) -> None:
    """The images and values of the correction that would be made now."""
    try:
        draft = question.correction(
            verdict, id=str(uuid4()), contributor=_NOBODY, with_larger_crop=with_larger_crop
        )
    except FerError as error:  # the photo is gone
        errors.show(error)
        return
    height, width = question.face.crop.shape[:2]
    images = _figure(draft.crop, f"The face as the network saw it, {width} × {height} px")
    if draft.larger_crop:
        height, width = question.larger_crop.shape[:2]
        images += _figure(draft.larger_crop, f"The larger crop, {width} × {height} px")
    facts = consent.kept(draft) | {
        "Page": SCREENS[draft.source][0],
        "Your name": "none, but a random number that all your corrections share",
    }
    items = "".join(f"<li>{name}: {escape(value)}</li>" for name, value in facts.items())
    st.html(f'<div class="fer-to-keep">{images}<ul>{items}</ul></div>')


def _figure(png: bytes, words: str) -> str:
    return (
        f'<figure><img src="{png_uri(png)}" alt="{escape(words)}">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )


def _keep(question: Question, verdict: str, with_larger_crop: bool) -> None:
    try:
        contribute().keep(question, verdict, with_larger_crop=with_larger_crop)
    except FerError as error:
        st.session_state[_PROBLEM] = error


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
        st.button("Undo", icon=":material/undo:", on_click=_take_back, args=(question,))
        if given.is_key_new:
            st.button("I have noted my key", icon=":material/key:", on_click=given.key_is_noted)
        link_to_corrections()
    show_problem()


def show_waiting(question: Question) -> None:
    """That the store was not reached, and what can be done; the reason is in the log."""
    given = contribution()
    if given.problem and are_local():
        errors.show(given.problem)
    waits = counted(len(given.waiting), "correction waits", "corrections wait")
    st.warning(
        "Not kept yet: the database cannot be reached at the moment. "
        f"{waits} in this app’s memory, for up to {KEPT_FOR_H} hours.",
        icon=":material/cloud_off:",
    )
    with st.container(horizontal=True):
        st.button("Send again", icon=":material/refresh:", type="primary", on_click=given.send)
        st.button("Discard", icon=":material/undo:", on_click=_take_back, args=(question,))


def _take_back(question: Question) -> None:
    try:
        contribution().take_back(question)
    except FerError as error:
        st.session_state[_PROBLEM] = error


def show_problem() -> None:
    """Show, once, why the last click did not do what it should."""
    if problem := st.session_state.pop(_PROBLEM, None):
        errors.show(problem)


def link_to_corrections() -> None:
    """The way to everything that the visitor contributed."""
    st.page_link(
        "pages/corrections/page.py", label=SCREENS["corrections"][0],
        icon=SCREENS["corrections"][1],
    )  # fmt: skip
