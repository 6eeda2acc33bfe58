"""Which model and which face detector a page uses."""

from collections.abc import Mapping

import streamlit as st

from fer import settings
from fer.models import list_models
from pages.common import errors, links

DETECTORS = {
    "auto": "Automatic: the best one available",
    "yunet": "YuNet: fast",
    "mtcnn": "MTCNN: needs no file, slower",
    "none": "None: each photo is one tight face",
}
FINDERS = {name: text for name, text in DETECTORS.items() if name != "none"}


def default_key(key: str) -> str:
    """Where the session keeps which model was the default when the choice was drawn."""
    return f"{key}.default"


def choose_model(
    key: str, detector_key: str, *, detectors: Mapping[str, str] = FINDERS
) -> tuple[str, str]:
    """Choose a model and a detector, both remembered for the session, by name.

    A visitor who left the model alone goes on with the default one when another becomes that.
    """
    default = settings.default_model()
    names = sorted({default, *list_models()})
    before = st.session_state.get(default_key(key), default)
    if before != default and st.session_state.get(key) == before:
        st.session_state[key] = default
    st.session_state[default_key(key)] = default
    if (handed := st.session_state.pop(links.MODEL, None)) in names:
        st.session_state[key] = handed
        st.toast(f"This page now uses the model “{errors.plain(handed)}”.")
    model = st.selectbox(
        "Model", names, index=names.index(default), key=key, persist_state="session"
    )
    detector = st.selectbox(
        "Face detector",
        list(detectors),
        format_func=detectors.__getitem__,
        key=detector_key,
        persist_state="session",
    )
    return model, detector
