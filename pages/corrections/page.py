"""What the visitor gave to improve the model: a list, a download, and its end."""

from typing import TYPE_CHECKING

import streamlit as st

from fer.errors import FeedbackUnavailable, FerError
from fer.feedback.keys import contributor_id
from fer.feedback.records import Correction
from fer.people import Action, may
from fer.wording import counted
from pages.common import errors, people
from pages.common.asking import problems
from pages.common.asking.contributions import (
    contribute,
    contribution,
    forget_contribution,
    opened_store,
)
from pages.common.asking.keeping import show_what_waits
from pages.common.downloads import download
from pages.corrections import keys
from pages.corrections.listing import archive_of, show_corrections, show_table

if TYPE_CHECKING:
    from fer.feedback.store import Store


def main() -> None:
    if not may(Action.CORRECT):
        st.title("My corrections", anchor=False)
        people.allows(Action.CORRECT)
        return
    key = contribution().key
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("My corrections", anchor=False)
        if key:
            with st.popover("My key", icon=":material/key:"):
                show_key(key)
    if done := st.session_state.pop(keys.DONE, ""):
        st.success(done, icon=":material/check:")
    problems.show_problem()
    if not key:
        st.markdown(
            "When you answer “Was this right?” on Predict, Live or Video, you can keep your answer "
            "as a correction, to improve the model. You get a key with the first one. Enter it to "
            "see, download and delete what you kept."
        )
        ask_for_key()
        return
    show_what_waits()
    try:
        store = opened_store()
        mine = store.corrections(contributor=contribution().contributor, with_crops=False)
        show_mine(store, mine)
    except FerError as error:
        problems.show(error)
        st.button("Try again", icon=":material/refresh:")


def ask_for_key() -> None:
    """A field for a key from an earlier visit."""
    with st.form(keys.KEY, border=False):
        key = st.text_input(
            "Your key", key=f"{keys.KEY}.text", placeholder="abcd-efgh-…", autocomplete="off",
            width=420,
        )  # fmt: skip
        if st.form_submit_button("Show my corrections"):
            use(key)


def use(key: str) -> None:
    """Take a key, unless it is mistyped: later corrections would go to a key that nobody noted."""
    try:
        is_known = opened_store().corrections(contributor=contributor_id(key), with_crops=False)
    except FeedbackUnavailable as error:
        problems.show(error)
    except FerError as error:
        errors.show(error)
    else:
        if not is_known:
            st.warning(
                "There are no corrections under this key. Check it; they may also have been "
                "deleted.",
                icon=":material/key_off:",
            )
            return
        contribute().use_key(key)
        st.rerun()


def show_key(key: str) -> None:
    """The key, to note it; the way to another one; and its end in this browser."""
    st.caption("Whoever has this key can see, download and delete your corrections.")
    st.code(key, language=None, wrap_lines=True)
    with st.expander("Use another key"):
        ask_for_key()
    words = "What is kept stays. Note the key first, if you want to come back to it."
    if waiting := contribution().waiting:
        waits = counted(len(waiting), "correction that waits", "corrections that wait")
        words += f" The {waits} to be kept, in this app’s memory, would be lost: send them first."
    st.button(
        "Forget it in this browser", icon=":material/logout:", on_click=forget_contribution,
        help=words,
    )  # fmt: skip


def show_mine(store: "Store", mine: list[Correction]) -> None:
    """All corrections, the newest first, and what can be done with them."""
    if not mine:
        st.info("There are no corrections under your key any more.", icon=":material/inbox:")
        return
    st.markdown(f"{counted(len(mine), 'correction')}, the newest first.")
    with st.container(horizontal=True):
        download("Download all", archive_of([one.id for one in mine]), "my-corrections.zip")
        with st.popover("Delete all", icon=":material/delete:"):
            st.markdown(
                "They are deleted for good, with every picture and review. A model that learnt "
                "from them keeps what it learnt until it is made again; whoever looks after this "
                "app sees which one that is."
            )
            st.button(
                f"Delete {counted(len(mine), 'correction')}", type="primary",
                on_click=delete, args=([one.id for one in mine],),
            )  # fmt: skip
    show_corrections(store, mine[::-1], delete)
    show_table(mine[::-1])


def delete(ids: list[str]) -> None:
    """Delete corrections of the visitor's own."""
    given = contribution()
    try:
        deleted = opened_store().delete(contributor=given.contributor, ids=ids)
    except FerError as error:
        problems.remember(error)
        return
    given.forget({one.id for one in deleted})
    st.session_state[keys.OPEN] = None
    st.session_state[keys.DONE] = f"Deleted {counted(len(deleted), 'correction')}."


main()
