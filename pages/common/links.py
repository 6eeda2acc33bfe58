"""Links from one page to another that hand something over."""

import streamlit as st

_SNAPSHOT = "link.snapshot"


def predict_snapshot(jpeg: bytes) -> None:
    """Go to the Predict page with a snapshot of the camera, a JPEG file."""
    st.session_state[_SNAPSHOT] = jpeg
    st.switch_page("pages/predict/page.py")


def snapshot() -> bytes | None:
    """The snapshot that Predict was opened with, if any."""
    jpeg: bytes | None = st.session_state.get(_SNAPSHOT)
    return jpeg


def drop_snapshot() -> None:
    """Forget that snapshot."""
    st.session_state.pop(_SNAPSHOT, None)
