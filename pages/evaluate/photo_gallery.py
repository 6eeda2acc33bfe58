"""The kept photos with the model's answers, the wrong ones first; one of them opens below."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from fer import emotions
from fer.errors import FerError
from fer.evaluation.query import Query, cells
from fer.inference.answer import NO_FACE, FacePrediction
from fer.inference.answered_photos import AnsweredPhotos
from fer.inference.kept_photos import relabel, remove
from fer.people import Action, may
from fer.wording import percent
from pages.common import errors
from pages.common.charts import bars_html
from pages.common.choices import page_of, select
from pages.common.gallery import gallery
from pages.common.pictures import Picture
from pages.common.reveal import ask
from pages.evaluate import keys
from pages.evaluate.photo_evaluation import PhotoEvaluation, thumbnail, whole

_PER_PAGE = 24
_SIZE_PX = 96
_SHOW = {"": "all", "wrong": "wrong", "right": "right", "unanswered": "without an answer"}


def show_photo_cell(true: str | None, predicted: str | None) -> None:
    """Set the filters to a cell of the confusion matrix; None clears one."""
    st.session_state[keys.PHOTO_TRUE] = true or ""
    st.session_state[keys.PHOTO_PREDICTED] = predicted or ""
    st.session_state[keys.PHOTO_SHOW] = ""
    _restart()
    ask("faces")


def chosen_cells(labels: Sequence[str]) -> np.ndarray:
    """Which cells of the confusion matrix the filters choose, shape (k, k), bool."""
    true, predicted = (
        st.session_state.get(key, "") for key in (keys.PHOTO_TRUE, keys.PHOTO_PREDICTED)
    )
    return cells(Query(true=true, predicted=predicted), labels)


def _restart() -> None:
    st.session_state.pop(keys.PHOTO_PAGE, None)
    st.session_state.pop(keys.PHOTO, None)


def show_gallery(evaluated: PhotoEvaluation, labels: list[str]) -> None:
    """The photos that the filters let through, and the open one."""
    answered = evaluated.answered
    paths = _chosen(answered, labels)
    total = len(answered.results)
    st.markdown(f"**{len(paths)} of {total} photos**, the most confident errors first")
    if not paths:
        st.info("No photo fits these filters. Loosen one of them.", icon=":material/filter_alt:")
        return
    shown, which = page_of(paths, _PER_PAGE, key=keys.PHOTO_PAGE)
    current = st.session_state.get(keys.PHOTO)

    def on_open(index: int) -> None:
        is_open = shown[index] == st.session_state.get(keys.PHOTO)
        st.session_state[keys.PHOTO] = None if is_open else shown[index]

    with st.spinner("Drawing the faces"):
        pictures = [_picture(answered, path) for path in shown]
    gallery(
        pictures,
        label=f"Your photos, {which}",
        key="evaluate.photos.gallery",
        size_px=_SIZE_PX,
        current=shown.index(current) if current in shown else None,
        on_open=on_open,
    )
    if current in answered.results:
        _show_photo(answered, current, labels)
    else:
        more = ", to label it anew, or to remove it" if may(Action.ANNOTATE) else ""
        st.caption(f"Click a photo to see the model's answer{more}.")


def _chosen(answered: AnsweredPhotos, labels: list[str]) -> list[str]:
    names = {"": "any"} | {label: label for label in labels}
    left, middle, right = st.columns(3)
    show = select(left, "Photos", _SHOW, key=keys.PHOTO_SHOW, on_change=_restart)
    true = select(middle, "They show", names, key=keys.PHOTO_TRUE, on_change=_restart)
    predicted = select(right, "Predicted", names, key=keys.PHOTO_PREDICTED, on_change=_restart)
    return answered.select(show=show, label=true, predicted=predicted)


def _picture(answered: AnsweredPhotos, path: str) -> Picture:
    label, face = answered.photos.labels[path], answered.largest[path]
    if face is None or not face.reliable:
        caption = face.unreliable_because.removesuffix(" to say") if face else "no face"
        words = f"Photo of {label}, {face.unreliable_because if face else NO_FACE}"
    else:
        caption = f"{label} → {face.emotion} {percent(face.confidence)}"
        words = (
            f"Photo of {label}, predicted {face.emotion} with {percent(face.confidence)} confidence"
        )
    try:
        src = thumbnail(_file(answered, path), face.box if face else None)
    except FerError:  # removed meanwhile
        src = ""
    return Picture(src, caption, words, emotions.describe(label).color, path not in answered.faces)


def _show_photo(answered: AnsweredPhotos, path: str, labels: list[str]) -> None:
    label, face = answered.photos.labels[path], answered.largest[path]
    with st.container(border=True):
        left, right = st.columns(2)
        with left:
            try:
                picture = whole(_file(answered, path), face.box if face else None)
            except FerError as error:
                errors.show(error)
            else:
                st.image(picture, alt=f"Photo of {label}{'' if face else f', {NO_FACE}'}")
        with right:
            _show_answer(label, face)
            if not may(Action.ANNOTATE):
                return
            chosen = st.pills(
                "It shows",
                labels,
                default=label if label in labels else None,
                format_func=emotions.with_symbol,
                wrap=True,
                key=f"evaluate.photos.relabel.{path}",
            )
            if chosen and chosen != label:
                errors.attempt(lambda: _relabel(path, chosen))
            if st.button("Remove this photo", icon=":material/delete:", key="evaluate.photos.drop"):
                errors.attempt(lambda: remove(path))


def _show_answer(label: str, face: FacePrediction | None) -> None:
    if face is None:
        st.markdown(f"**You: {errors.plain(label)}. No face was found.**")
        return
    if not face.reliable:
        st.markdown(f"**You: {errors.plain(label)}. The face is {face.unreliable_because}.**")
        return
    st.markdown(
        f"**You: {errors.plain(label)}. Predicted: {errors.plain(face.emotion)}, "
        f"{percent(face.confidence)} sure.**"
    )
    st.html(bars_html(face.probabilities, top=face.emotion))


def _relabel(path: str, label: str) -> None:
    st.session_state[keys.PHOTO] = relabel(path, label)


def _file(answered: AnsweredPhotos, path: str) -> str:
    return str(answered.photos.folder / path)
