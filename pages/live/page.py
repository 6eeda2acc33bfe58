"""Show the expressions of the faces in front of a camera, many times a second."""

from functools import partial

import pandas as pd
import streamlit as st

from fer.errors import FerError
from fer.inference.live import STREAMS, LiveStream
from fer.inference.predictor import Predictor
from fer.inference.timeline import Timeline
from pages.common import errors, links, predictors
from pages.common.downloads import download
from pages.common.model_choice import choose_model
from pages.common.verdicts import share_columns, with_verdicts
from pages.live import keys
from pages.live.camera import camera


def main() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("What does your face show now?", anchor=False)
        with st.popover("Settings", icon=":material/tune:"):
            model, detector = choose_model(
                keys.MODEL, keys.DETECTOR, detectors=("auto", "yunet", "mtcnn")
            )
    try:
        predictor = predictors.predictor(model, detector)
    except FerError as error:
        errors.show(error)
        return
    st.caption(f"Detector: {predictor.detector_name}")
    show_camera(predictor)


@st.fragment
def show_camera(predictor: Predictor) -> None:
    stream = session_stream(predictor)
    snapshot = camera(stream, on_stop=partial(end_session, stream), key=keys.CAMERA)
    if snapshot:
        stream.close()
        st.session_state[links.SNAPSHOT] = snapshot
        st.switch_page("pages/predict/page.py")
    if summary := st.session_state.get(keys.SUMMARY):
        show_summary(summary)


def session_stream(predictor: Predictor) -> LiveStream:
    """The session's only stream; a new one after it was closed or the predictor changed."""
    before: tuple[Predictor, LiveStream] | None = st.session_state.get(keys.STREAM)
    if before:
        if before[0] is predictor and before[1].is_open:
            return before[1]
        before[1].close()
    stream = STREAMS.open(predictor)
    st.session_state[keys.STREAM] = (predictor, stream)
    return stream


def end_session(stream: LiveStream) -> None:
    """Keep the session's timeline for the summary; the next frame starts another session."""
    stream.close()
    st.session_state[keys.SUMMARY] = stream.timeline


def show_summary(timeline: Timeline) -> None:
    """What each person showed in the session that was stopped."""
    st.header("The session", anchor=False)
    people = timeline.summary()
    if not people:
        st.info("No face was found.", icon=":material/search_off:")
        return
    table = pd.DataFrame(people)
    shown = with_verdicts(table).drop(columns="confidence")
    st.dataframe(
        shown,
        hide_index=True,
        column_config={
            "from_s": st.column_config.NumberColumn("from", format="%.1f s"),
            "to_s": st.column_config.NumberColumn("to", format="%.1f s"),
            "reliable_frames": st.column_config.NumberColumn("reliable frames"),
            **{
                name: st.column_config.NumberColumn(name.removeprefix("p_"), format="percent")
                for name in share_columns(shown)
            },
        },
    )
    if timeline.dropped:
        st.caption(f"{timeline.dropped:,} more people are not listed: only the first ones are.")
    with st.container(horizontal=True):
        download("Summary as CSV", lambda: table.to_csv(index=False), "live-summary.csv")
        moments = pd.DataFrame(timeline.rows())
        download("Timeline as CSV", lambda: moments.to_csv(index=False), "live-timeline.csv")


main()
