"""Photos in, faces and their expressions out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from fer import emotions
from fer.errors import FerError
from fer.images import SUFFIXES
from fer.inference.predictor import Predictor
from fer.inference.zip_photos import photos_in_zip
from pages.common import errors, links, predictors
from pages.common.examples import example_face
from pages.common.gallery import Thumbnail, gallery
from pages.common.model_choice import DETECTORS, choose_model
from pages.common.progress import progress_text
from pages.predict import keys
from pages.predict.analysis import Analysis, Photo, analyse
from pages.predict.cards import face_cards
from pages.predict.paste import pasted_picture
from pages.predict.results import answer_key, downloads, summary

SOURCES = {"upload": ":material/upload: Upload", "camera": ":material/photo_camera: Camera"}
FACES_BESIDE_PHOTO = 2  # more get rows of their own below it
PHOTOS_A_PAGE = 10
FACES_TO_ASK_ABOUT = 12
NOT_A_FACE = "not a face"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the visitor has set.

    Attributes:
        model: A model's name.
        detector: A detector's name, or `none`.
        whole: Whether a picture without a found face is taken as one.
        min_face_px: Smaller faces are left out.
        unsure_below: Confidence, 0–1, under which the answer is "not sure".
    """

    model: str
    detector: str
    whole: bool
    min_face_px: int
    unsure_below: float


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
            "Leave out faces smaller than (px)",
            min_value=12,
            max_value=1000,
            value=12,
            step=4,
            key=keys.MIN_FACE,
            persist_state="session",
        )
        unsure = st.slider(
            "Say “not sure” below a confidence of (%)",
            min_value=0,
            max_value=100,
            value=40,
            step=5,
            key=keys.UNSURE,
            persist_state="session",
        )
        whole = st.toggle(
            "If no face is found, take the whole picture as one",
            key=keys.WHOLE,
            persist_state="session",
            help="For pictures that are one tight face already, as in FER-2013.",
        )
    return Choices(
        model=model,
        detector=detector,
        whole=whole,
        min_face_px=min_face_px,
        unsure_below=unsure / 100,
    )


def choose_photos() -> list[Photo]:
    """Photos from the uploader, the clipboard, a camera or the examples."""
    source = st.segmented_control(
        "Where the photo comes from",
        list(SOURCES),
        format_func=SOURCES.__getitem__,
        default="upload",
        required=True,
        key=keys.SOURCE,
        persist_state="session",
        label_visibility="collapsed",
    )
    photos = snapshot_from_live()
    if source == "camera":
        shot = st.camera_input("Take a photo", key=keys.CAMERA, resolution="480p", width=640)
        if shot:
            photos.append(Photo(name="Your photo", key=shot.file_id, read=shot.getvalue))
    else:
        photos += uploaded_photos()
        if pasted := pasted_picture(key=keys.PASTE):
            photos.append(
                Photo(name="Pasted picture", key=f"pasted {hash(pasted)}", read=lambda: pasted)
            )
    return photos or choose_example()


def uploaded_photos() -> list[Photo]:
    files = st.file_uploader(
        "Photos with one face or many, or a ZIP archive of them",
        type=[*sorted(SUFFIXES), ".zip"],
        accept_multiple_files=True,
        key=keys.UPLOADS,
    )
    photos = []
    for file in files:
        if not file.name.lower().endswith(".zip"):
            photos.append(Photo(name=file.name, key=file.file_id, read=file.getvalue))
            continue
        try:
            inside = photos_in_zip(file.name, file.getvalue())
        except FerError as error:
            errors.show(error, about=file.name)
            continue
        photos += [
            Photo(name=photo.name, key=f"{file.file_id} {number}", read=photo.read)
            for number, photo in enumerate(inside)
        ]
    return photos


def snapshot_from_live() -> list[Photo]:
    """The frame that was sent here from the Live page, until it is removed."""
    snapshot = links.snapshot()
    if snapshot is None:
        return []
    if st.button("Remove the snapshot", icon=":material/close:"):
        links.drop_snapshot()
        return []
    return [Photo(name="Snapshot", key=f"snapshot {hash(snapshot)}", read=lambda: snapshot)]


def choose_example() -> list[Photo]:
    st.caption(
        "Photos are looked at in memory and forgotten when you leave. "
        "No photo at hand? Try one of these faces, which are drawn:"
    )
    labels = emotions.FER2013
    chosen = gallery(
        [
            Thumbnail(
                pixels=example_face(label), caption=label, alt=f"Drawn face that looks {label}"
            )
            for label in labels
        ],
        label="Drawn example faces",
        key=keys.EXAMPLES,
    )
    if chosen is None:
        return []
    label = labels[chosen]
    read = partial(example_face, label)
    return [Photo(name=f"Drawn {label} face", key=f"example {label}", read=read, is_face=True)]


def show_results(photos: Sequence[Photo], predictor: Predictor, choices: Choices) -> None:
    """Show each photo as soon as it is done; what has been looked at before is kept."""
    answers: dict[str, str] = st.session_state.setdefault(keys.ANSWERS, {})
    kept = results_from_before(photos, predictor, choices)
    new = [photo for photo in photos if photo.key not in kept]
    progress, together, started = st.empty(), st.container(), time.monotonic()
    pages = -(-len(photos) // PHOTOS_A_PAGE)
    page = st.pagination(pages, key=keys.PAGE) if pages > 1 else 1
    on_page = photos[(page - 1) * PHOTOS_A_PAGE : page * PHOTOS_A_PAGE]
    # Those on the page come first: they can be looked at while the others are worked on.
    for photo in [*on_page, *(photo for photo in new if photo not in on_page)]:
        if photo.key not in kept:
            done = len(new) - sum(other.key not in kept for other in new)
            if len(new) > 1:
                text = progress_text("Photo", done, len(new), time.monotonic() - started)
                progress.progress(done / len(new), text)
            kept[photo.key] = analyse(
                photo,
                predictor,
                whole_if_no_face=choices.whole,
                min_face_px=choices.min_face_px,
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


def results_from_before(
    photos: Sequence[Photo], predictor: Predictor, choices: Choices
) -> dict[str, Analysis | FerError]:
    """Results by photo that still hold: the threshold alone changes none."""
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
                "No face found. Try a photo in which the face is larger, turned to the camera and "
                "well lit. If the picture is one tight face, say so under Settings.",
                icon=":material/search_off:",
            )
            return
        if len(result.faces) <= FACES_BESIDE_PHOTO:
            left, right = st.columns(2)
            with left:
                show_picture(photo, result)
            with right:
                face_cards(result.faces, result.heats, unsure_below=unsure_below)
        else:
            show_picture(photo, result)
            face_cards(result.faces, result.heats, unsure_below=unsure_below)
        ask(photo, result, answers)


def ask(photo: Photo, result: Analysis, answers: dict[str, str]) -> None:
    """What the visitor thinks; it stays in the session and goes into the downloads."""
    with st.expander("Was this right?", icon=":material/rate_review:"):
        st.caption(
            "What you say is not stored: it stays in this session, and in the files that you "
            "download here."
        )
        for number, face in enumerate(result.faces[:FACES_TO_ASK_ABOUT], start=1):
            key = answer_key(photo, number)
            answer = st.pills(
                f"Face {number} shows",
                [*face.probabilities, NOT_A_FACE],
                default=answers.get(key),
                key=f"predict.answer.{key}",
            )
            if answer is not None:
                answers[key] = answer
            else:
                answers.pop(key, None)


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
