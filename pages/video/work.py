"""How far the work on a video is, and its Stop and Resume."""

from collections.abc import Callable

import streamlit as st

from fer.errors import FerError
from fer.inference.video_job import VideoJob
from fer.wording import percent
from pages.common import errors
from pages.common.progress import duration


def show_work(job: VideoJob) -> None:
    """The progress and Stop while the job works; else what is missing, and how to get it."""
    if job.is_drawing:
        words = f"Drawing the boxes: {percent(job.drawn_share)}{_left(job.drawing_left_s)}"
        _show_progress(job, job.drawn_share, words)
    elif job.is_working:
        _show_progress(job, job.analysis.share, _analysed(job) + _left(job.analysis.left_s))
    elif job.failure:
        if not isinstance(job.failure, FerError):
            raise job.failure
        errors.show(job.failure, about=job.origin.file)
    elif not job.analysis.is_done:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Stopped. {_analysed(job)}.")
            _button("Resume", ":material/play_arrow:", job.start)
            if job.annotated is None and job.analysis.timeline.seconds_of():
                _button("Draw the boxes so far", ":material/movie:", job.draw)
    elif job.annotated is None and job.analysis.timeline.rows():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("Stopped. All is analysed, but the marked video is not drawn yet.")
            _button("Resume", ":material/play_arrow:", job.start)
    if problem := job.analysis.problem:
        st.warning(
            f"Not all of the video is here: {problem}. The rest is shown.",
            icon=":material/broken_image:",
        )


def _show_progress(job: VideoJob, share: float, words: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(share, words)
        _button("Stop", ":material/stop:", job.stop)


def _button(label: str, icon: str, act: Callable[[], None]) -> None:
    if st.button(label, icon=icon):
        act()
        st.rerun()


def _analysed(job: VideoJob) -> str:
    analysis = job.analysis
    whole = f" of {analysis.video.duration_s:.1f}" if analysis.video.duration_s else ""
    return f"Analysed {analysis.at_s:.1f}{whole} s, {len(analysis.log):,} frames"


def _left(left_s: float | None) -> str:
    return f", about {duration(left_s)} left" if left_s and left_s > 1 else ""
