"""Show the expressions of the faces in photos."""

import time
from collections.abc import Sequence

import streamlit as st

from fer.errors import FerError
from fer.inference.predictor import Predictor
from fer.wording import counted
from pages.common import errors, predictors
from pages.common.choices import page_of
from pages.common.model_choice import DETECTORS, choose_model
from pages.common.progress import progress_text
from pages.predict import keys
from pages.predict.analysis import Analysis, Options, Photo, analyse
from pages.predict.cards import face_cards
from pages.predict.results import Answers, downloads, summary
from pages.predict.sources import choose_photos

FACES_BESIDE_PHOTO = 2  # more are shown below it
PHOTOS_A_PAGE = 10
FACES_TO_ASK_ABOUT = 12
NOT_A_FACE = "not a face"


def main() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("What do these faces show?", anchor=False)
        with st.popover("Settings", icon=":material/tune:"):
            model, detector = choose_model(keys.MODEL, keys.DETECTOR, detectors=list(DETECTORS))
            options, unsure_below = choose_options()
    photos = choose_photos()
    try:
        predictor = predictors.predictor(model, detector)
    except FerError as error:
        errors.show(error)
        return
    show_results(photos, predictor, options, unsure_below)


def choose_options() -> tuple[Options, float]:
    """How to analyse, and the confidence, 0–1, below which an answer is shown as "not sure"."""
    min_face_px = st.number_input(
        "Skip faces smaller than (px)",
        12, 1000, 12, step=4, key=keys.MIN_FACE, persist_state="session",
    )  # fmt: skip
    unsure = st.slider(
        "Show “not sure” below this confidence (%)",
        0, 100, 40, step=5, key=keys.UNSURE, persist_state="session",
    )  # fmt: skip
    whole = st.toggle(
        "If no face is found, treat the whole photo as one face",
        key=keys.WHOLE,
        persist_state="session",
        help="For photos that are cropped to a face, as in FER-2013.",
    )
    return Options(whole_if_no_face=whole, min_face_px=min_face_px), unsure / 100


def show_results(
    photos: Sequence[Photo], predictor: Predictor, options: Options, unsure_below: float
) -> None:
    """Show each photo as soon as it is analysed; results with the same options are reused."""
    by_key = {(photo.key, predictor, options): photo for photo in photos}
    before: dict[object, Analysis | FerError] = st.session_state.get(keys.RESULTS, {})
    results = {key: before[key] for key in by_key if key in before}
    st.session_state[keys.RESULTS] = results
    reused, new = len(results), [key for key in by_key if key not in results]
    progress, together, started = st.empty(), st.container(), time.monotonic()
    on_page, _ = page_of(list(by_key), PHOTOS_A_PAGE, key=keys.PAGE)
    # Those on the page come first: the visitor can read them while the rest are analysed.
    for key in [*on_page, *(key for key in new if key not in on_page)]:
        if key not in results:
            if len(new) > 1:
                done = len(results) - reused
                text = progress_text("Photo", done, len(new), time.monotonic() - started)
                progress.progress(done / len(new), text)
            results[key] = analyse(by_key[key], predictor, options)
        if key in on_page:
            show_result(by_key[key], results[key], unsure_below)
    progress.empty()
    by_photo = [(photo, results[key]) for key, photo in by_key.items()]
    answers = st.session_state.get(keys.ANSWERS, {})
    with together:
        if len(photos) > 1:
            summary(by_photo, answers)
        if photos:
            downloads(by_photo, answers)


def show_result(photo: Photo, result: Analysis | FerError, unsure_below: float) -> None:
    if isinstance(result, FerError):
        errors.show(result, about=photo.name)
        return
    with st.container(border=True):
        st.header(errors.plain(photo.name), anchor=False)
        if not result.faces:
            show_picture(photo, result)
            st.warning(
                "No face found. Try a photo with a larger face that is well lit and looks at the "
                "camera. If the photo shows nothing but a face, switch that on under Settings.",
                icon=":material/search_off:",
            )
            return
        is_beside = len(result.faces) <= FACES_BESIDE_PHOTO
        left, right = st.columns(2) if is_beside else (st.container(), st.container())
        with left:
            show_picture(photo, result)
        with right:
            face_cards(result.faces, result.heats, unsure_below=unsure_below)
        ask(photo, result)


def ask(photo: Photo, result: Analysis) -> None:
    """Ask what each face shows; the answers stay in the session and go into the downloads."""
    answers: Answers = st.session_state.setdefault(keys.ANSWERS, {})
    with st.expander("Was this right?", icon=":material/rate_review:"):
        st.caption("Your answers are kept for this session only, and added to your downloads.")
        for face in result.faces[:FACES_TO_ASK_ABOUT]:
            answers[photo.key, face.number] = st.pills(
                f"Face {face.number} shows",
                [*face.probabilities, NOT_A_FACE],
                default=answers.get((photo.key, face.number)),
                key=f"predict.answer.{photo.key} {face.number}",
            )


def show_picture(photo: Photo, result: Analysis) -> None:
    count = len(result.faces)
    number = counted(count, "face") if count else "no face"
    named = ", ".join(f"{face.number} {face.verdict}" for face in result.faces)
    st.image(result.picture, alt=f"{photo.name}, {number}{': ' if named else ''}{named}")
    width, height = result.size
    steps = ", ".join(f"{step} {spent:.0f}" for step, spent in result.timings_ms.items())
    st.caption(
        f"{number} · {width} × {height} px · detector {result.detector} · "
        f"{sum(result.timings_ms.values()):.0f} ms ({steps})"
    )


main()
