"""What the app keeps for a browser, at the foot of every page: a list of it, and its end."""

import streamlit as st

from pages.common import errors, links
from pages.common.visitors import KEPT_FOR_H, shelf


def offer_kept() -> None:
    """A button that opens the list, and the way to what the visitor gave to improve the model."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Kept for this browser", icon=":material/lock:", type="tertiary", key="kept"):
            _show_kept()
        links.link_to("corrections")


@st.dialog("Kept for this browser")
def _show_kept() -> None:
    words = shelf().words
    if links.SNAPSHOT in st.session_state:
        words.append("Live: your snapshot")
    if words:
        st.markdown("\n".join(f"- {errors.plain(one)}" for one in words))
    else:
        st.markdown("Nothing.")
    st.caption(
        f"Held in the memory of the machine that runs this app, for up to {KEPT_FOR_H} hours after "
        "your last visit. What you add on Data, Train, or under My photos on Evaluate is on its "
        "disk instead, for everyone who can open the app; remove it there."
    )
    if st.button(
        "Forget all of it", icon=":material/delete:", disabled=not words,
        on_click=_forget,
    ):  # fmt: skip
        st.rerun()  # the page behind the dialog, too


def _forget() -> None:
    shelf().forget()
    st.session_state.pop(links.SNAPSHOT, None)
