"""The analysis of one photo, and the heat maps that come after it."""

import os
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import streamlit as st

from fer.errors import ImageError, ModelError
from fer.images import preview
from fer.inference.album import Photo
from fer.inference.answer import FacePrediction, PhotoFaces, PhotoPrediction
from fer.inference.predictor import Predictor
from fer.nets.explain import heat_on_face
from pages.common import predictors
from pages.common.cache import Work
from pages.common.pictures import annotated, data_uri, jpeg_uri, square_uri

FACES_WITH_HEAT = 12
DRAWN_AFTER_S = 0.06  # the browser draws the answer first
HEATS_AFTER_S = 0.3
STEPS = {
    "load": "Load the model",
    "decode": "Read the photo",
    "detect": "Find the faces",
    "classify": "Recognise their emotions",
}
_PREVIEW_PX = 640
_TILE_PX = 160
_BEING_DRAWN = threading.BoundedSemaphore(os.cpu_count() or 1)
"""Whole photos that wait until they are drawn; no more may fill the memory."""

Heats = Mapping[int, np.ndarray]
"""Heat maps over the crops of the first few faces, by number, RGB."""


class Options(NamedTuple):
    """What changes the analysis of a photo; see `Predictor.predict`."""

    whole_if_no_face: bool
    min_face_px: int


class Settings(NamedTuple):
    """What results are made with: two of the same settings are the same.

    Attributes:
        model: Its name.
        files: When its files were made, as `predictor.files_made` has it.
        detector: Its name, or `auto`.
        options: How photos are analysed.
    """

    model: str
    files: tuple[int, ...]
    detector: str
    options: Options


class Drawn(NamedTuple):
    """A photo as the page shows it.

    Attributes:
        picture: JPEG at screen size, with boxes around the faces.
        tile: A square of it around the faces, as a URL.
    """

    picture: bytes
    tile: str


@dataclass(frozen=True, kw_only=True)
class Analysis(PhotoFaces):
    """What the page shows of a photo.

    Attributes:
        drawing: Of the photo with its faces, which is done a little after the answers are there.
    """

    drawing: Future[Drawn]

    @property
    def drawn(self) -> Drawn:
        """The photo with its faces, once it is drawn."""
        return self.drawing.result()


def analyse(
    photo: Photo,
    at: Callable[[str], None],
    *,
    loading: Work[Predictor],
    options: Options,
    is_alone: bool,
) -> Analysis:
    """Analyse one photo, once the predictor is there; `at` is called with each of `STEPS`.

    Where it is alone, somebody waits for its answer: it is drawn only after that is sent.

    Raises:
        FerError: If the photo or the predictor cannot be used.
    """
    if photo.is_face:
        options = options._replace(whole_if_no_face=True)
    if not loading.future.done():
        at("load")
    predictor = loading.future.result()
    prediction = predictor.predict(photo.read(), **options._asdict(), on_step=at)
    return Analysis(
        drawing=_drawing(prediction, after_s=DRAWN_AFTER_S if is_alone else 0),
        size=prediction.size,
        detector=prediction.detector,
        faces=prediction.faces,
        timings_ms=prediction.timings_ms,
        is_first_of_several=prediction.is_first_of_several,
    )


def _drawing(prediction: PhotoPrediction, *, after_s: float) -> Future[Drawn]:
    _BEING_DRAWN.acquire()

    def draw(_: object) -> Drawn:
        try:
            time.sleep(after_s)
            picture = annotated(prediction.photo, prediction.faces)
            return Drawn(picture, square_uri(picture, _middle(prediction), side_px=_TILE_PX))
        finally:
            _BEING_DRAWN.release()

    return Work(draw).future


def _middle(photo: PhotoFaces) -> tuple[float, float]:
    """The middle of all faces, 0–1 from left and from top; that of the photo without any."""
    if not photo.faces:
        return 0.5, 0.5
    x, y, width, height = np.transpose([face.box for face in photo.faces])
    middle = (np.mean(x + width / 2) / photo.size[0], np.mean(y + height / 2) / photo.size[1])
    return tuple(np.clip(middle, 0, 1))


def preview_uri(photo: Photo) -> str | None:
    """The photo itself as a URL, to be shown until its analysis is done; None if not quickly."""
    try:
        source = photo.read()
    except ImageError:  # in a damaged archive
        return None
    if isinstance(source, np.ndarray):
        return data_uri(source)
    small = preview(source, long_side_px=_PREVIEW_PX)
    return None if small is None else jpeg_uri(small)


@st.cache_resource(max_entries=16, show_spinner=False, validate=Work.is_usable)
def heat_maps(
    key: str, settings: Hashable, _predictor: Predictor, _faces: Sequence[FacePrediction]
) -> Work[Heats]:
    """Grad-CAM heat maps of a photo's reliable faces; the first one imports Keras."""

    def explain(_: object) -> Heats:
        time.sleep(HEATS_AFTER_S)
        predictors.import_keras()
        try:
            return {
                face.number: heat_on_face(face.crop, _predictor.grad_cam(face, face.emotion))
                for face in _faces[:FACES_WITH_HEAT]
                if face.reliable
            }
        except ModelError:  # a network without convolutions, or another backend
            return {}

    return Work(explain)
