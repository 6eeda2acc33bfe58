"""How far the work on a video is, and its Stop and Resume."""

from collections.abc import Callable

import streamlit as st

from fer.errors import FerError
from fer.inference.background import UNWATCHED_S
from fer.inference.video_job import VideoJob
from fer.wording import duration, percent
from pages.common import errors


def show_work(job: VideoJob) -> None:
    """The progress and Stop while the job works; else what is missing, and how to get it."""
    work = job.work
    if work.is_working:
        _show_progress(job)
        return
    if work.failure:
        if not isinstance(work.failure, FerError):
            raise work.failure
        errors.show(work.failure, about=job.origin.file)
    is_done = job.analysis.is_done
    if not is_done or job.can_draw:
        what = (
            "All is analysed, but the marked video is not drawn yet" if is_done else _analysed(job)
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Stopped. {what}.")
            _button("Resume", ":material/play_arrow:", job.start)
            if job.can_draw and not is_done:
                _button("Draw the boxes so far", ":material/movie:", job.draw)
    if problem := job.analysis.problem:
        st.warning(
            f"Not all of the video is here: {problem}. The rest is shown.",
            icon=":material/broken_image:",
        )


def _show_progress(job: VideoJob) -> None:
    left_s = job.left_s
    left = f", about {duration(left_s)} left" if left_s and left_s > 1 else ""
    words = f"Drawing the boxes: {percent(job.share)}" if job.is_drawing else _analysed(job)
    if job.work.is_waiting:
        words, left = "Waiting for its turn: other work on this server has to end first", ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(job.share, words + left)
        _button("Stop", ":material/stop:", job.work.stop)
    st.caption(
        "The work continues while you use other pages, for up to "
        f"{UNWATCHED_S / 60:.0f} minutes; after that, resume it here."
    )


def _button(label: str, icon: str, act: Callable[[], None]) -> None:
    if st.button(label, icon=icon):
        act()
        st.rerun()


def _analysed(job: VideoJob) -> str:
    analysis = job.analysis
    whole = f" of {analysis.video.duration_s:.1f}" if analysis.video.duration_s else ""
    return f"Analysed {analysis.at_s:.1f}{whole} s, {len(analysis.log):,} frames"
