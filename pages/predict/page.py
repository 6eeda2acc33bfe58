"""Show the expressions of the faces in photos."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from fer.errors import FerError
from fer.inference.predictor import Predictor
from pages.common import errors, predictors
from pages.common.model_choice import DETECTORS, choose_model
from pages.common.progress import progress_text
from pages.predict import keys
from pages.predict.analysis import Analysis, Photo, analyse
from pages.predict.cards import face_cards
from pages.predict.results import answer_key, downloads, summary
from pages.predict.sources import choose_photos

FACES_BESIDE_PHOTO = 2  # more are shown below it
PHOTOS_A_PAGE = 10
FACES_TO_ASK_ABOUT = 12
NOT_A_FACE = "not a face"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The visitor's settings.

    Attributes:
        model: A model's name.
        detector: A detector's name, or `none`.
        min_face_px: Smaller faces are skipped.
        unsure_below: Confidence, 0–1, below which the answer is "not sure".
        whole: Whether a photo without a detected face is treated as one face.
    """

    model: str
    detector: str
    min_face_px: int
    unsure_below: float
    whole: bool


def main() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("What do these faces show?", anchor=False)
        choices = choose_settings()
    photos = choose_photos()
    try:
        predictor = predictors.predictor(choices.model, choices.detector)
    except FerError as error:
        errors.show(error)
        return
    show_results(photos, predictor, choices)


def choose_settings() -> Choices:
    with st.popover("Settings", icon=":material/tune:"):
        model, detector = choose_model(keys.MODEL, keys.DETECTOR, detectors=list(DETECTORS))
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
    return Choices(
        model=model, detector=detector, min_face_px=min_face_px, unsure_below=unsure / 100,
        whole=whole,
    )  # fmt: skip


def show_results(photos: Sequence[Photo], predictor: Predictor, choices: Choices) -> None:
    """Show each photo as soon as it is analysed; earlier results are reused."""
    answers: dict[str, str] = st.session_state.setdefault(keys.ANSWERS, {})
    kept = earlier_results(photos, predictor, choices)
    new = [photo for photo in photos if photo.key not in kept]
    progress, together, started = st.empty(), st.container(), time.monotonic()
    pages = -(-len(photos) // PHOTOS_A_PAGE)
    page = st.pagination(pages, key=keys.PAGE) if pages > 1 else 1
    on_page = photos[(page - 1) * PHOTOS_A_PAGE : page * PHOTOS_A_PAGE]
    # Those on the page come first: the visitor can read them while the rest are analysed.
    for photo in [*on_page, *(photo for photo in new if photo not in on_page)]:
        if photo.key not in kept:
            done = len(new) - sum(other.key not in kept for other in new)
            if len(new) > 1:
                text = progress_text("Photo", done, len(new), time.monotonic() - started)
                progress.progress(done / len(new), text)
            kept[photo.key] = analyse(
                photo, predictor, whole_if_no_face=choices.whole, min_face_px=choices.min_face_px
            )
        if photo in on_page:
            show_result(photo, kept[photo.key], choices.unsure_below, answers)
    progress.empty()
    results = [(photo, kept[photo.key]) for photo in photos]
    with together:
        if len(photos) > 1:
            summary(results, answers)
        if photos:
            downloads(results, answers)


def earlier_results(
    photos: Sequence[Photo], predictor: Predictor, choices: Choices
) -> dict[str, Analysis | FerError]:
    """The session's results that are still valid, by photo key.

    A new threshold for “not sure” keeps them all.
    """
    made_with = (predictor, choices.whole, choices.min_face_px)
    hold = st.session_state.get(keys.MADE_WITH) == made_with
    before = st.session_state.get(keys.RESULTS, {}) if hold else {}
    wanted = {photo.key for photo in photos}
    kept = {key: result for key, result in before.items() if key in wanted}
    st.session_state[keys.MADE_WITH] = made_with
    st.session_state[keys.RESULTS] = kept
    return kept


def show_result(
    photo: Photo, result: Analysis | FerError, unsure_below: float, answers: dict[str, str]
) -> None:
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
        ask(photo, result, answers)


def ask(photo: Photo, result: Analysis, answers: dict[str, str]) -> None:
    """Ask what each face shows; the answers stay in the session and go into the downloads."""
    with st.expander("Was this right?", icon=":material/rate_review:"):
        st.caption("Your answers are kept for this session only, and added to your downloads.")
        for number, face in enumerate(result.faces[:FACES_TO_ASK_ABOUT], start=1):
            key = answer_key(photo, number)
            answer = st.pills(
                f"Face {number} shows",
                [*face.probabilities, NOT_A_FACE],
                default=answers.get(key),
                key=f"predict.answer.{key}",
            )
            answers.pop(key, None)
            if answer is not None:
                answers[key] = answer


def show_picture(photo: Photo, result: Analysis) -> None:
    count = len(result.faces)
    counted = f"{count or 'no'} face{'' if count == 1 else 's'}"
    named = ", ".join(f"{n} {face.emotion}" for n, face in enumerate(result.faces, start=1))
    st.image(result.picture, alt=f"{photo.name}, {counted}{': ' if named else ''}{named}")
    width, height = result.size
    steps = ", ".join(f"{step} {spent:.0f}" for step, spent in result.timings_ms.items())
    st.caption(
        f"{counted} · {width} × {height} px · {sum(result.timings_ms.values()):.0f} ms ({steps})"
    )


main()
