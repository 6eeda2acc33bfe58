"""Show the expressions of each person in a video over time."""

import streamlit as st

from fer.errors import FerError
from fer.inference.video_job import VideoJob
from pages.common import errors, predictors
from pages.common.model_choice import choose_model
from pages.video import keys
from pages.video.results import show_results
from pages.video.sources import Chosen, Options, ask_for_video, chosen, remove
from pages.video.work import show_work

SHOWN_EVERY_S = 1.0


def main() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("What do faces show over time?", anchor=False)
        with st.popover("Settings", icon=":material/tune:"):
            options = choose_options()
    video = chosen()
    if video is None:
        ask_for_video()
        return
    show_name(video, options)
    try:
        job = started_job(video, options)
    except FerError as error:
        errors.show(error, about=video.name)
        return
    is_working = job.is_working
    st.fragment(show_job, run_every=SHOWN_EVERY_S if is_working else None)(job, is_working)


def choose_options() -> Options:
    model, detector = choose_model(keys.MODEL, keys.DETECTOR, detectors=("auto", "yunet", "mtcnn"))
    every = st.slider("Analyse every Nth frame", 1, 30, 2, key=keys.EVERY, persist_state="session")
    return Options(model, detector, every)


def show_name(video: Chosen, options: Options) -> None:
    """Which video it is and how it was analysed, and what else the visitor could want."""
    words = ""
    if video.job and video.options:
        origin = video.job.origin
        which = "each frame" if origin.every == 1 else f"1 in {origin.every} frames"
        model = errors.plain(video.options.model)
        words = f"Model {model} · detector {origin.detector} · {which} analysed"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(errors.plain(video.short_name), anchor=False)
        st.caption(words)
        st.button("Remove", icon=":material/close:", on_click=remove, help="To choose another")
    if video.options not in (None, options):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("The settings have changed since.")
            st.button("Analyse again", icon=":material/refresh:", on_click=video.forget_job)


def started_job(video: Chosen, options: Options) -> VideoJob:
    """The work on the video, which the first run with this video starts.

    Raises:
        FerError: If the model cannot be loaded or the video cannot be opened.
    """
    if video.job is None:
        predictor = predictors.predictor(options.model, options.detector)
        job = VideoJob(video.source, predictor, name=video.short_name, every=options.every)
        job.start()
        video.job, video.options = job, options
        st.rerun()
    return video.job


def show_job(job: VideoJob, was_working: bool) -> None:
    if was_working and not job.is_working:
        st.rerun()
    show_work(job)
    show_results(job)


main()
