"""Who can open the app, and what it keeps for the one who has."""

from typing import Any

import streamlit as st

VISITOR_COOKIE = "fer_visitor"
"""Random, set by the server; the browser drops it when it is closed."""
KEPT_FOR_H = 4
KEPT_VISITORS = 8
SHELF = "visitor.shelf"
"""Its key in the session state."""
_LOCAL = ("127.0.0.1", "localhost", "::1")


def are_local() -> bool:
    """Whether only people on this machine can open the app, who may see its paths."""
    return st.get_option("server.address") in _LOCAL


def shelf() -> dict[str, Any]:
    """Results of long work, by key: they survive a change of page, Back, and a reload.

    The session state is empty after a reload; this is kept for the browser that sends the same
    cookie, in memory, for four hours and for the latest eight visitors. Whoever puts something
    here bounds its size.
    """
    if SHELF not in st.session_state:
        visitor = st.context.cookies.get(VISITOR_COOKIE)
        st.session_state[SHELF] = _shelf(visitor) if visitor else {}
    kept: dict[str, Any] = st.session_state[SHELF]
    return kept


@st.cache_resource(max_entries=KEPT_VISITORS, ttl=KEPT_FOR_H * 3600, show_spinner=False)
def _shelf(visitor: str) -> dict[str, Any]:
    return {}
