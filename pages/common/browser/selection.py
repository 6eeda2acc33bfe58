"""Several faces chosen at once: how to choose them, and what to do with all of them."""

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from fer.data import annotations
from fer.wording import counted
from pages.common import errors
from pages.common.browser.annotate import EFFECT, choose_label
from pages.common.browser.faces import Browser

_KEYS = (
    "**Ctrl + click** or **Space** chooses a face, **Shift + click** or **Shift + arrow** all up "
    "to it, **Ctrl + A** all on the page, **Esc** none. With this switch on, each click or tap "
    "chooses a face; **Enter** still opens it."
)


def show_choosing(browser: Browser) -> None:
    """The switch with which clicks choose faces."""
    st.toggle("Choose several", key=browser.state.by_click, help=_KEYS)


def show_choice(browser: Browser, rows: np.ndarray) -> None:
    """What to do with all the chosen faces, below them and always in view.

    `rows` are the positions of all faces that the filters let through, on every page.
    """
    state, paths = browser.state, browser.dataset.index["path"]
    chosen = paths[paths.isin(state.chosen)].tolist() if state.chosen else []
    if (
        not chosen
        and not st.session_state.get(state.by_click)
        and state.done not in st.session_state
    ):
        return
    with st.container(key=f"{state.screen}-face-choice", border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            if chosen:
                _show_actions(browser, chosen)
            else:
                _show_done(browser)
            _show_more(browser, rows, len(chosen))
        if chosen:
            _show_labels(browser, chosen)


def _show_done(browser: Browser) -> None:
    state = browser.state
    if done := st.session_state.get(state.done):
        st.markdown(done, width="content")
        if st.button("Undo", icon=":material/undo:", key=f"{state.screen}.choice.undo",
                     shortcut="Z" if not state.path else None):  # fmt: skip
            _do(browser, partial(annotations.undo, browser.dataset), "")
    else:
        st.markdown("Click the faces to choose.", width="content")


def _show_actions(browser: Browser, chosen: list[str]) -> None:
    faces, key = counted(len(chosen), "face"), f"{browser.state.screen}.choice"
    annotate = partial(annotations.annotate, browser.dataset, chosen)
    st.markdown(f"**{faces} chosen**", width="content")
    if st.button("Exclude", icon=":material/block:", key=f"{key}.exclude",
                 shortcut="X" if not browser.state.path else None):  # fmt: skip
        _do(browser, lambda: annotate(excluded=True), f"{faces} excluded.")
    if st.button("Clear annotations", icon=":material/ink_eraser:", key=f"{key}.clear"):
        clear = partial(annotate, excluded=False, label="")
        _do(browser, clear, f"Annotations of {faces} cleared.")


def _show_labels(browser: Browser, chosen: list[str]) -> None:
    state = browser.state
    key = f"{state.screen}.choice.{state.choice_round}"
    if relabel := choose_label(browser.dataset, key, has_keys=not state.path):
        label, is_new = relabel
        _do(
            browser,
            lambda: annotations.annotate(browser.dataset, chosen, label=label, add_class=is_new),
            f"{counted(len(chosen), 'face')} labelled {errors.plain(label)}.",
        )
    st.caption(EFFECT)


def _show_more(browser: Browser, rows: np.ndarray, chosen: int) -> None:
    state, paths = browser.state, browser.dataset.index["path"]
    if len(rows) and chosen < len(rows):
        st.button(
            f"Choose all {len(rows):,}",
            key=f"{state.screen}.choice.all",
            help="Every face that the filters let through, on all pages",
            on_click=lambda: state.choose(paths.iloc[rows].tolist()),
        )
    if chosen:
        st.button(
            "Choose none", key=f"{state.screen}.choice.none", on_click=state.choose, args=([],)
        )


def _do(browser: Browser, action: Callable[[], object], done: str) -> None:
    def act() -> None:
        action()
        browser.state.choose([])
        if done:
            st.session_state[browser.state.done] = done
        else:
            st.session_state.pop(browser.state.done, None)

    errors.attempt(act)
