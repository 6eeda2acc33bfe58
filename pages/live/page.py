"""Show the expressions of the faces in front of a camera, many times a second."""

from functools import partial

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fer.errors import FerError
from fer.inference.live import STREAMS, LiveStream
from fer.inference.predictor import Predictor
from pages.common import errors, links, predictors, visitors
from pages.common.model_choice import choose_model
from pages.live import keys
from pages.live.asking import ask_about_snapshot
from pages.live.camera import camera
from pages.live.device import is_on_device, show_device
from pages.live.session import KeptSession, show_session

REFRESH_S = 3
"""Time between two drawings of a session that goes on; each takes the server about 0.05 s."""
THUMBNAIL_PX = 120


def main() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("What does your face show now?", anchor=False)
        with st.popover("Settings", icon=":material/tune:"):
            model, detector = choose_model(keys.MODEL, keys.DETECTOR)
            st.caption("Another model or detector begins a new session.")
    if is_on_device():
        close_stream()
        show_device(model)
        return
    try:
        predictor = predictors.predictor(model, detector)
    except FerError as error:
        errors.show(error)
        return
    stream = current_stream(predictor)
    snapshot = camera(
        stream, on_start=partial(begin, stream), on_stop=stream.close, key=keys.CAMERA
    )
    if snapshot:
        st.session_state[links.SNAPSHOT] = snapshot
    offer_snapshot(predictor)
    if shown := latest_session():
        st.fragment(show_session, run_every=REFRESH_S if shown.is_open else None)(shown, forget)


def close_stream() -> None:
    """End the session on the server: the camera is another element's now."""
    if before := st.session_state.pop(keys.STREAM, None):
        before[1].close()


def current_stream(predictor: Predictor) -> LiveStream:
    """The stream for the next frames; a new one after it was closed or the predictor changed."""
    before: tuple[Predictor, LiveStream] | None = st.session_state.get(keys.STREAM)
    if before:
        if before[0] is predictor and before[1].is_open:
            return before[1]
        before[1].close()
    context = get_script_run_ctx()
    stream = STREAMS.open(predictor, owner=context.session_id if context else "")
    st.session_state[keys.STREAM] = (predictor, stream)
    return stream


def begin(stream: LiveStream) -> None:
    """Show the session of the stream to which the camera now sends, in place of the last one."""
    st.session_state[keys.SESSION] = stream
    visitors.shelf()[keys.SESSION] = KeptSession(stream)


def latest_session() -> LiveStream | None:
    """The session to show: this tab's last one, or, after a reload, the one that ended with it."""
    own: LiveStream | None = st.session_state.get(keys.SESSION)
    if own:
        return own
    kept: KeptSession | None = visitors.shelf().get(keys.SESSION)
    return kept.stream if kept and not kept.stream.is_open else None


def forget() -> None:
    """Drop the latest session, here and on the visitor's shelf."""
    st.session_state.pop(keys.SESSION, None)
    visitors.shelf().pop(keys.SESSION, None)


def offer_snapshot(predictor: Predictor) -> None:
    """Show the snapshot, if there is one: it waits for Predict, and can be asked about."""
    snapshot: bytes | None = st.session_state.get(links.SNAPSHOT)
    if snapshot is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(snapshot, width=THUMBNAIL_PX, alt="Your snapshot")
        if st.button("Open the snapshot in Predict", icon=":material/photo_camera:"):
            st.switch_page("pages/predict/page.py")
        if st.button("Discard it", icon=":material/close:"):
            for key in (links.SNAPSHOT, keys.PREDICTION, keys.ANSWERS):
                st.session_state.pop(key, None)
            st.rerun()
    st.fragment(ask_about_snapshot)(snapshot, predictor)


main()
