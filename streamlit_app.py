"""The app: its pages, the navigation between them, and the server that runs them."""

from contextlib import suppress
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitAPIException

import asgi
from fer.leftovers import clear_leftovers
from fer.people import Action, Role, acting, may, trust_nobody_else
from fer.runs import queue
from pages.common import menu, people, predictors, upload_limits, visitors
from pages.common.kept import offer_kept
from pages.common.screens import NOT_IN_MENU, SCREENS
from pages.common.turns import SCRIPTS

APP = "Facial emotions"
PAGE_WIDTH_PX = 1200
PAGES = Path(__file__).parent / "pages"


def main() -> None:
    # Before the navigation, or browsers fetch the page's own icon from elsewhere for their tab.
    st.set_page_config(page_icon="🎭", layout="wide")
    st.html(PAGES / "common" / "app.css")
    predictors.warm_up()
    if acting().role != Role.VISITOR:  # a read-only app starts nothing
        wake_queue()
    upload_limits.set_limit()
    is_admitted = may(Action.PREDICT)
    page = st.navigation(
        [
            st.Page(PAGES / name / "page.py", url_path=name, title=title, icon=icon,
                    default=name == "home",
                    visibility="visible" if is_in_menu(name) else "hidden")
            for name, (title, icon) in SCREENS.items()
        ],
        position="top" if is_admitted else "hidden",
    )  # fmt: skip
    st.set_page_config(page_title=f"{page.title} · {APP}")
    menu.close_when_chosen()
    with (
        st.container(horizontal=True, horizontal_alignment="center"),
        st.container(width=PAGE_WIDTH_PX),
    ):
        if is_admitted:
            people.show_standing()
            page.run()
            offer_kept()
        else:
            people.show_sign_in()


def is_in_menu(screen: str) -> bool:
    """Whether the menu lists a page, by its folder."""
    return screen not in NOT_IN_MENU and visitors.may_open(screen)


@st.cache_resource(ttl=30, max_entries=1, show_spinner=False)
def wake_queue() -> None:
    """Start queued runs after a restart of the machine; a check every 30 seconds is enough."""
    queue.wake()


if __name__ == "__main__":  # each visitor's session runs this file as a script
    with SCRIPTS.turn():
        main()
else:  # `streamlit run` imports it once, for the server
    # Until this is called, even where it fails, Streamlit serves the folder `pages` as pages of its
    # older kind, and the first visit to /predict ends in “Page not found”.
    with suppress(StreamlitAPIException):
        st.navigation([])
    asgi.keep_uploads_in_memory()
    asgi.send_at_once()
    clear_leftovers()
    trust_nobody_else()
    app = st.App(__file__, routes=asgi.ROUTES, middleware=asgi.MIDDLEWARE)
