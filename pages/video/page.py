"""Show the expressions of each person in a video over time."""

import streamlit as st

from fer.errors import FerError
from fer.inference.video_job import VideoJob
from fer.models import list_models
from fer.wording import detector_name
from pages.common import errors, predictors, visitors
from pages.common.model_choice import choose_model
from pages.video import keys
from pages.video.results import show_results
from pages.video.sources import Chosen, Options, ask_for_video, chosen, remove
from pages.video.work import show_work

SHOWN_EVERY_S = 1.0


def main() -> None:
    video = chosen()
    if video and video.options:
        restore(video.options)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("What do faces show over time?", anchor=False)
        with st.popover("Settings", icon=":material/tune:"):
            options = choose_options()
    if video is None:
        ask_for_video()
        return
    show_name(video, options)
    try:
        job = started_job(video, options)
    except FerError as error:
        errors.show(error, about=video.name)
        return
    is_working = job.work.is_working
    st.fragment(show_job, run_every=SHOWN_EVERY_S if is_working else None)(job, is_working)


def restore(options: Options) -> None:
    """Show the settings of the kept results, until the visitor changes them: after a reload."""
    if keys.EVERY not in st.session_state and options.model in list_models():
        st.session_state[keys.MODEL] = options.model
        st.session_state[keys.DETECTOR] = options.detector
        st.session_state[keys.EVERY] = options.every


def choose_options() -> Options:
    model, detector = choose_model(keys.MODEL, keys.DETECTOR)
    every = st.slider("Analyse every Nth frame", 1, 30, 2, key=keys.EVERY, persist_state="session")
    return Options(model, detector, every)


def show_name(video: Chosen, options: Options) -> None:
    """Which video it is and how it was analysed, and what else the visitor could want."""
    words = ""
    if video.job and video.options:
        origin = video.job.origin
        which = "each frame" if origin.every == 1 else f"1 in {origin.every} frames"
        model = errors.plain(video.options.model)
        words = f"Model {model} · detector {detector_name(origin.detector)} · {which} analysed"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(errors.plain(video.short_name), anchor=False)
        st.caption(words)
        st.button("Remove", icon=":material/close:", on_click=remove, help="To choose another")
    if video.options not in (None, options):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("The settings have changed since.")
            st.button("Analyse again", icon=":material/refresh:", on_click=video.close)


def started_job(video: Chosen, options: Options) -> VideoJob:
    """The work on the video, which the first run with this video starts.

    Raises:
        FerError: If the model cannot be loaded or the video cannot be opened.
    """
    if video.job is None:
        predictor = predictors.predictor(options.model, options.detector)
        with visitors.shelf().lock:  # of two tabs, one starts it
            if video.job is None:
                job = VideoJob(video.source, predictor, name=video.short_name, every=options.every)
                video.job, video.options = job, options
                job.start()
        st.rerun()
    return video.job


def show_job(job: VideoJob, was_working: bool) -> None:
    video = chosen()
    is_another = video is None or video.job is not job  # another tab chose it
    if is_another or was_working != job.work.is_working:
        st.rerun()
    job.work.watch()
    show_work(job)
    show_results(job)


main()
