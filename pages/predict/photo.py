"""One photo: its steps while it is analysed, then its answer, and what lies behind it."""

from collections.abc import Hashable
from dataclasses import dataclass
from html import escape

import streamlit as st

from fer.faces import detection
from fer.feedback.asking import Question
from fer.images import decode
from fer.inference.album import Photo
from fer.inference.predictor import Predictor
from fer.wording import counted, detector_name
from pages.common import errors
from pages.common.asking.question import Answers, Asked, ask
from pages.common.turns import SCRIPTS
from pages.predict.analysis import STEPS, Analysis, Options, heat_maps
from pages.predict.cards import cards_html

FACES_BESIDE_PHOTO = 2  # more are shown below it
HEATS_EVERY_S = 0.5


@dataclass(frozen=True, kw_only=True)
class MadeWith:
    """What answers are made with.

    Attributes:
        settings: What tells two of them apart.
        predictor: The model and its detector.
        options: How photos are analysed.
        unsure_below: The confidence, 0–1, below which an answer is "not sure".
    """

    settings: Hashable
    predictor: Predictor
    options: Options
    unsure_below: float


def waiting_html(photo: Photo, preview: str | None, step: str) -> str:
    """The photo itself, and the steps of its analysis with the one that it is at."""
    names = list(STEPS)
    at = names.index(step) if step in names else -1
    items = "".join(
        f"<li>✓ {text}</li>" if place < at
        else f'<li aria-current="step">● {text}…</li>' if place == at
        else f"<li>○ {text}</li>"
        for place, text in enumerate(STEPS.values())
    )  # fmt: skip
    image = f'<img src="{preview}" alt="{escape(photo.name)}">' if preview else ""
    return f'<div class="fer-waiting">{image}<ol aria-label="Steps">{items}</ol></div>'


def show_photo(photo: Photo, result: Analysis, made_with: MadeWith, answers: Answers) -> None:
    """The answer of a photo, then the photo, and its heat maps once they are there."""
    with st.container(border=True):
        st.header(errors.plain(photo.name), anchor=False)
        if not result.faces:
            _show_no_face(made_with)
            _show_picture(photo, result)
            return
        is_beside = len(result.faces) <= FACES_BESIDE_PHOTO
        if is_beside:
            left, right = st.columns(2)
        else:
            right, left = st.container(), st.container()
        with left:
            _show_cards(photo, result, made_with)
            _ask(photo, result, made_with, answers)
        with right:
            _show_picture(photo, result)
        _show_details(result, made_with)


def _show_cards(photo: Photo, result: Analysis, made_with: MadeWith) -> None:
    work = heat_maps(photo.key, made_with.settings, made_with.predictor, result.faces)
    is_waiting, is_first = not work.future.done(), True

    def draw() -> None:
        nonlocal is_first
        heats = work.future.result() if work.future.done() else None
        st.html(cards_html(result.faces, heats, unsure_below=made_with.unsure_below))
        if is_waiting and not is_first:
            # The page is complete, so this run may take its time. Many short ones would not do:
            # Streamlit collects garbage after each, which starves the import of Keras.
            work.result("Computing what counted.")
            st.rerun()
        is_first = False

    st.fragment(draw, run_every=HEATS_EVERY_S if is_waiting else None)()


def _show_no_face(made_with: MadeWith) -> None:
    better = ""
    if made_with.predictor.detector_name == "mtcnn" and detection.in_use("auto") == "mtcnn":
        better = " YuNet finds more faces than MTCNN: add it under Settings."
    st.warning(
        "No face found. Try a photo with a larger face that is well lit and looks at the camera. "
        f"If the photo shows nothing but a face, switch that on under Settings.{better}",
        icon=":material/search_off:",
    )


def _show_picture(photo: Photo, result: Analysis) -> None:
    count = counted(len(result.faces), "face") if result.faces else "no face"
    named = ", ".join(f"{face.number} {face.verdict}" for face in result.faces)
    slot = st.empty()
    if not result.drawing.done():  # the browser draws the answer first
        width, height = result.size
        slot.html(f'<div style="aspect-ratio: {width} / {height}"></div>')
    with SCRIPTS.pause():
        picture = result.drawn.picture
    slot.image(picture, alt=f"{photo.name}, {count}{': ' if named else ''}{named}")
    words = "Taken as one face, without a detector"
    if result.detector != "none":
        words = f"{count.capitalize()} · detector {detector_name(result.detector)}"
    st.caption(f"{words} · {result.note}" if result.note else words)


def _show_details(result: Analysis, made_with: MadeWith) -> None:
    with st.expander("Details", icon=":material/info:"):
        width, height = result.size
        total_ms = sum(result.timings_ms.values())
        detector = detector_name(result.detector)
        steps = ", ".join(f"{step} {spent:.0f}" for step, spent in result.timings_ms.items())
        st.markdown(
            f"- Photo: {width} × {height} px\n"
            f"- Model: {errors.plain(made_with.predictor.card.name)}\n"
            f"- Detector: {detector}, faces of {made_with.options.min_face_px} px or more\n"
            f"- Not sure: below {made_with.unsure_below:.0%} confidence\n"
            f"- Time: {total_ms:.0f} ms ({steps})"
        )
        for face in result.faces:
            tilt_deg = face.quality.tilt_deg
            tilt = "" if tilt_deg is None else f", turned by {round(tilt_deg):+d}°"
            st.markdown(f"- Face {face.number}: {face.box[2]} × {face.box[3]} px{tilt}")


def _ask(photo: Photo, result: Analysis, made_with: MadeWith, answers: Answers) -> None:
    """Ask whether the answers are right; what the visitor answers goes into the downloads."""
    faces = [
        Asked(
            place=(photo.key, face.number),
            name=f"Face {face.number}" if len(result.faces) > 1 else "",
            question=Question(
                face=face, card=made_with.predictor.card, detector=result.detector,
                source="predict", read_photo=lambda: decode(photo.read()),
            ),
        )
        for face in result.faces
    ]  # fmt: skip
    ask(faces, answers, key=f"predict.{photo.key}")
