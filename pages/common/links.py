"""Ways from one page to another that take something along."""

import streamlit as st

_SNAPSHOT = "link.snapshot"


def predict_snapshot(jpeg: bytes) -> None:
    """Go to the Predict page with a picture of the camera, a JPEG file."""
    st.session_state[_SNAPSHOT] = jpeg
    st.switch_page("pages/predict/page.py")


def snapshot() -> bytes | None:
    """The picture that Predict was opened with, if any."""
    picture: bytes | None = st.session_state.get(_SNAPSHOT)
    return picture


def drop_snapshot() -> None:
    """Forget that picture."""
    st.session_state.pop(_SNAPSHOT, None)
