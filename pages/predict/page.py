"""Show the expressions of the faces in photos."""

from collections.abc import Callable
from functools import partial
from time import monotonic

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import StopException

from fer.errors import FerError
from fer.inference.album import Photo
from fer.inference.predictor import Predictor, files_made
from fer.wording import counted
from pages.common import errors, predictors
from pages.common.cache import Work
from pages.common.turns import SCRIPTS
from pages.predict import keys
from pages.predict.analysis import Settings, analyse, preview_uri
from pages.predict.kept import KeptPhotos, kept_photos
from pages.predict.many import (
    chosen_results,
    headline,
    show_photos,
    show_progress,
    show_totals,
)
from pages.predict.photo import MadeWith, show_photo, waiting_html
from pages.predict.results import Results, answered, downloads
from pages.predict.settings import choose_settings
from pages.predict.sources import add_photos, choose_example, has_only_example

POLL_S = 1.0
STEP_S = 0.2
BRIEF_S = 0.02  # to draw a step that is shorter would only delay the answer
PREVIEW_AFTER_S = 1.0  # most answers are here by then
ERRORS_SHOWN = 5


def main() -> None:
    album = kept_photos()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("What do these faces show?", anchor=False)
        with st.popover("Settings", icon=":material/tune:"):
            model, detector, options, unsure_below = choose_settings()
    # Each part keeps its place, or Streamlit would show the old one beside the new one for a while.
    sources, answers, examples = st.container(), st.container(), st.container()
    with sources:
        add_photos(album)
    loading = predictors.loading(model, detector)
    settings = Settings(model, files_made(model), detector, options)
    album.take_answers(settings)
    work = partial(analyse, loading=loading, options=options, is_alone=len(album) <= 1)
    album.analyse_with(settings, work)
    if not album.photos or has_only_example(album):
        with examples:
            choose_example(album)
    made_with = partial(MadeWith, settings=settings, options=options, unsure_below=unsure_below)
    if st.session_state.get(keys.OPEN) in album.results and is_grid(album):
        open_photo(album, made_with(predictor=loading.result()))
    with answers:
        show = st.fragment(show_album, run_every=POLL_S if album.is_working else None)
        show(album, loading, made_with)


def show_album(
    album: KeptPhotos, loading: Work[Predictor], made_with: Callable[..., MadeWith]
) -> None:
    """The answers so far; drawn again every second while more are on their way."""
    was_working = album.is_working
    slot = st.empty()  # always, so that what follows keeps its place
    if len(album) == 1:
        wait_for(album, album.photos[0], slot)
    try:
        if album.photos and not loading.future.done():
            show_progress(album)
            return
        predictor = loading.result(predictors.SPINNER)
    except FerError as error:
        errors.show(error)
        return
    show_results(album, made_with(predictor=predictor))
    is_opening = st.session_state.pop(keys.IS_OPENING, False)
    if is_opening or (was_working and not album.is_working):
        st.rerun()  # the whole page, which opens a photo, or ends the drawing every second


def wait_for(album: KeptPhotos, photo: Photo, slot: DeltaGenerator) -> None:
    """Show a photo and the steps of its analysis until that is done."""
    if photo.key not in album.pending:
        return
    preview, version, started = None, -1, monotonic()
    try:
        while album.is_working:
            if preview is None and monotonic() - started >= PREVIEW_AFTER_S:
                preview = preview_uri(photo) or ""  # it takes time from the analysis
            slot.html(waiting_html(photo, preview, album.step(photo.key)))
            with SCRIPTS.pause():
                version = album.wait(version, STEP_S)
                if album.is_working:
                    version = album.wait(version, BRIEF_S)
    except StopException:  # Streamlit's own Stop button
        album.pause()
        raise
    if not album.is_paused:
        slot.empty()


def show_results(album: KeptPhotos, made_with: MadeWith) -> None:
    """One answer in full, or a grid of several."""
    results = results_of(album)
    good = answered(results)
    show_progress(album)
    if len(results) > 1:
        st.markdown(f"{'So far: ' if album.pending else ''}{headline(results)}")
    if is_grid(album):
        chosen = chosen_results(results)
        show_photos(chosen, album.answers, made_with)
        show_errors(results)
        show_totals(chosen)
        return
    show_errors(results)
    if good:
        show_photo(*good[0], made_with, album.answers)
    if results:
        downloads(results, album.answers, made_with)


def show_errors(results: Results) -> None:
    """Why photos were skipped: the first few, and the others on demand."""
    failed = [(photo, result) for photo, result in results if isinstance(result, FerError)]
    for photo, error in failed[:ERRORS_SHOWN]:
        errors.show(error, about=photo.name)
    if more := failed[ERRORS_SHOWN:]:
        with st.expander(f"{counted(len(more), 'more photo')} skipped", icon=":material/error:"):
            for photo, error in more:
                st.markdown(f"**{errors.plain(photo.name)}:** {errors.plain(str(error))}")


def is_grid(album: KeptPhotos) -> bool:
    """Whether several photos have an answer, or will have one."""
    good = len(answered(results_of(album)))
    return good > 1 or (good == 1 and bool(album.pending))


def close_photo() -> None:
    """Close the open photo, and forget which cell of the table opened it."""
    st.session_state[keys.OPEN] = None
    st.session_state[keys.CLOSED] = st.session_state.get(keys.CLOSED, 0) + 1


@st.dialog("Photo", width="large", on_dismiss=close_photo)
def open_photo(album: KeptPhotos, made_with: MadeWith) -> None:
    """One of several photos in full, with the way to those beside it."""
    good = {photo.key: (photo, result) for photo, result in answered(results_of(album))}
    if st.session_state[keys.OPEN] not in good:  # removed, or analysed anew, in another tab
        close_photo()
        st.rerun()
    at = list(good).index(st.session_state[keys.OPEN])

    def go(step: int) -> None:
        st.session_state[keys.OPEN] = list(good)[at + step]

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Previous", icon=":material/chevron_left:", disabled=at == 0,
                  on_click=go, args=(-1,))  # fmt: skip
        st.button("Next", icon=":material/chevron_right:", disabled=at == len(good) - 1,
                  on_click=go, args=(1,))  # fmt: skip
        st.caption(f"{at + 1:,} of {counted(len(good), 'photo')}")
        if st.button("Remove", icon=":material/delete:"):
            album.remove(st.session_state[keys.OPEN])
            close_photo()
            st.rerun()
    show_photo(*good[st.session_state[keys.OPEN]], made_with, album.answers)


def results_of(album: KeptPhotos) -> Results:
    """The photos that are done, with their results."""
    results = album.results
    return [(photo, results[photo.key]) for photo in album.photos if photo.key in results]


main()
