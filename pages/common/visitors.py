"""Who can open the app."""

import streamlit as st

_LOCAL = ("127.0.0.1", "localhost", "::1")


def are_local() -> bool:
    """Whether only people on this machine can open the app, who may see its paths."""
    return st.get_option("server.address") in _LOCAL
