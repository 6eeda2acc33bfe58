"""Show the expressions of each person in a video over time."""

from pathlib import Path

import pandas as pd
import streamlit as st

from fer import settings
from fer.errors import FerError
from fer.inference.predictor import Predictor
from fer.inference.video_analysis import VideoAnalysis
from pages.common import errors, predictors, visitors
from pages.common.downloads import download
from pages.common.pictures import annotated
from pages.common.progress import duration
from pages.video import keys
from pages.video.charts import choose_moment, show_shares

FORMATS = ["mp4", "mov", "m4v", "webm", "mkv", "avi", "mpg", "mpeg", "mjpeg"]
SHOWN_EVERY_S = 0.3
FRAME_WIDTH_PX = 640  # less on a narrower screen


def main() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("What do faces show over time?", anchor=False)
        with st.popover("Settings", icon=":material/tune:"):
            every = st.slider(
                "Analyse every Nth frame", 1, 30, 2, key=keys.EVERY, persist_state="session"
            )
    name, key, source = choose_video()
    if source is None:
        close_analysis()
        st.caption(
            "Videos are processed in memory, frame by frame, and discarded when you leave. For "
            "long videos, or a copy with boxes around the faces, use `python -m fer video FILE`."
        )
        return
    try:
        predictor = predictors.predictor(settings.default_model(), predictors.DEFAULT_DETECTOR)
        st.caption(f"Detector: {predictor.detector_name}")
        analysis = session_analysis(key, every, predictor, source)
        advance(analysis)
        show_timeline(analysis, predictor)
    except FerError as error:
        errors.show(error, about=name)


def choose_video() -> tuple[str, str, bytes | Path | None]:
    """Name, key and source of the video; the source is None if there is no video yet."""
    file = st.file_uploader("A video", type=FORMATS, key=keys.UPLOAD)
    if file is not None:
        return file.name, file.file_id, file.getvalue()
    # Only visitors on this machine may name its files.
    if visitors.are_local():
        path = st.text_input(
            "Or its path on this machine", key=keys.PATH, placeholder="/home/me/video.mp4"
        ).strip()
        if path:
            return path, path, Path(path).expanduser()
    return "", "", None


def close_analysis() -> None:
    """Close and drop the session's analysis."""
    if keys.ANALYSIS in st.session_state:
        _, analysis = st.session_state.pop(keys.ANALYSIS)
        analysis.close()


def session_analysis(
    key: str, every: int, predictor: Predictor, source: bytes | Path
) -> VideoAnalysis:
    """The session's analysis; a new one if the video, which the key names, or a setting changes.

    It is closed by the script alone: a server's thread that closed it while the script reads a
    frame would crash the process.
    """
    wanted = (key, every, predictor)
    before: tuple[object, VideoAnalysis] | None = st.session_state.get(keys.ANALYSIS)
    if before and before[0] == wanted:
        return before[1]
    close_analysis()
    analysis = VideoAnalysis(source, predictor, every=every)
    st.session_state[keys.ANALYSIS] = wanted, analysis
    st.session_state[keys.PAUSED] = False
    return analysis


def advance(analysis: VideoAnalysis) -> None:
    """Analyse until the end of the video, or until the visitor does something."""
    bar = st.empty()
    if not analysis.is_done:
        is_paused = st.session_state[keys.PAUSED]
        label, icon = (
            ("Resume", ":material/play_arrow:") if is_paused else ("Pause", ":material/pause:")
        )
        st.button(label, icon=icon, on_click=toggle_pause)
        bar.progress(analysis.share, progress_words(analysis))
        while not is_paused:
            analysis.advance(SHOWN_EVERY_S)
            if analysis.is_done:
                st.rerun()
            bar.progress(analysis.share, progress_words(analysis))
    if analysis.video.problem:
        st.warning(
            f"The video is damaged: {analysis.video.problem}. The readable part is shown.",
            icon=":material/broken_image:",
        )


def toggle_pause() -> None:
    st.session_state[keys.PAUSED] = not st.session_state[keys.PAUSED]


def progress_words(analysis: VideoAnalysis) -> str:
    left_s = 0.0 if st.session_state[keys.PAUSED] else analysis.left_s or 0.0
    eta = f", about {duration(left_s)} left" if left_s > 1 else ""
    duration_s = analysis.video.duration_s
    whole = f" of {duration_s:.1f}" if duration_s else ""
    return f"{analysis.at_s:.1f}{whole} s, {analysis.frames:,} frames{eta}"


def show_timeline(analysis: VideoAnalysis, predictor: Predictor) -> None:
    rows = analysis.timeline.rows()
    if not rows:
        if analysis.is_done:
            st.info("No face was found in this video.", icon=":material/search_off:")
        return
    table = pd.DataFrame(rows)
    st.header("Timeline", anchor=False)
    show_shares(analysis.timeline)
    chosen = choose_moment(table)
    if dropped := analysis.timeline.dropped:
        st.caption(f"{dropped:,} more people are not listed: only the first ones are.")
    download("Timeline as CSV", lambda: table.to_csv(index=False), "timeline.csv")
    moment = st.slider(
        "Moment (s)",
        0.0,
        max(analysis.at_s, 0.1),
        min(chosen, analysis.at_s) if chosen is not None else 0.0,
        step=0.1,
        help="Or click a moment in the chart above.",
    )
    prediction = predictor.predict(analysis.frame_at(moment))
    words = ", ".join(face.verdict for face in prediction.faces) or "no face"
    with st.container(width=FRAME_WIDTH_PX):
        st.image(
            annotated(prediction.photo, prediction.faces),
            alt=f"The frame at {moment:.1f} s: {words}",
            caption=f"{moment:.1f} s, this frame alone: {words}",
        )


main()
