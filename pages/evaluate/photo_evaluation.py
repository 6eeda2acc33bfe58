"""Evaluations of the kept photos, shared by every session of the server."""

from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
import streamlit as st

from fer.errors import DatasetError
from fer.evaluation.photos import photo_figures, photo_table
from fer.evaluation.predictions import PredictionTable
from fer.images import decode
from fer.inference.answer import Box
from fer.inference.answered_photos import AnsweredPhotos, Known, answer_photos
from fer.inference.drawing import close_up, outlined
from fer.inference.labelled_photos import LabelledPhotos, Stamp
from fer.inference.predictor import Predictor, files_made
from pages.common.cache import Work
from pages.common.pictures import data_uri
from pages.common.progress import Meter

_THUMBNAIL_PX = 112
_SHOWN_PX = 720
_NEW_PX = 360


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoEvaluation:
    """What a model answers for the kept photos; no table and figures where it has no answer."""

    answered: AnsweredPhotos
    table: PredictionTable | None = None
    figures: dict[str, Any] | None = None


def photo_evaluation(model: str, predictor: Predictor, photos: LabelledPhotos) -> PhotoEvaluation:
    """An evaluation, from the cache while photos, labels and model are the same.

    Raises:
        DatasetError: If no photo can be used.
    """
    key = (model, predictor.detector.name, files_made(model))
    shown = tuple(zip(photos.labels.values(), photos.stamps().values(), strict=True))
    return _evaluating(key, shown, photos, predictor).result()


@st.cache_resource(max_entries=6, show_spinner=False, validate=Work.is_usable)
def _evaluating(
    key: tuple[object, ...],
    shown: tuple[tuple[str, Stamp], ...],
    _photos: LabelledPhotos,
    _predictor: Predictor,
) -> Work[PhotoEvaluation]:
    known, began_with = _known(key), {stamp for _, stamp in shown}
    has_changed = Event()

    def evaluate(meter: Meter) -> PhotoEvaluation:
        answered = answer_photos(_predictor, _photos, known=known, progress=meter)
        if set(_photos.stamps().values()) != began_with:
            has_changed.set()
        for stamp in known.keys() - began_with:
            known.pop(stamp, None)
        try:
            faces, probabilities = answered.to_dataset()
        except DatasetError:
            return PhotoEvaluation(answered=answered)
        table = photo_table(_predictor.card, faces, probabilities, left_out=answered.left_out)
        figures = photo_figures(
            table,
            unanswered=answered.unanswered,
            skipped=answered.skipped,
            several=answered.several,
            detector=_predictor.detector.name,
        )
        return PhotoEvaluation(answered=answered, table=table, figures=figures)

    return Work(evaluate, is_current=lambda: not has_changed.is_set(), noun="Photo")


@st.cache_resource(max_entries=6, show_spinner=False)
def _known(key: tuple[object, ...]) -> Known:
    """Results of a model and a detector, so that a further photo costs only itself."""
    return {}


@dataclass(frozen=True, kw_only=True)
class NewFace:
    """A photo with its largest face outlined, that face from close up, RGB; how many faces."""

    photo: np.ndarray
    face: np.ndarray | None
    faces: int


@st.cache_resource(max_entries=64, show_spinner=False)
def new_face(digest: str, detector: str, _content: bytes, _predictor: Predictor) -> NewFace:
    """What to show of a photo that is not kept yet.

    Raises:
        ImageError: If it cannot be used.
    """
    photo = decode(_content)
    faces = _predictor.detector.detect(photo)
    box = faces[0].box if faces else None
    return NewFace(
        photo=outlined(photo, box, long_side_px=_NEW_PX),
        face=close_up(photo, box, side_px=_THUMBNAIL_PX) if box else None,
        faces=len(faces),
    )


@st.cache_data(max_entries=256, show_spinner=False)
def thumbnail(file: str, box: Box | None) -> str:
    """A square around the face of a kept photo, as a URL; without a face, around the photo."""
    return data_uri(close_up(decode(file), box, side_px=_THUMBNAIL_PX))


def forget_photos() -> None:
    """Drop all that is cached of photos, once they are removed."""
    for cache in (_evaluating, _known, new_face, thumbnail):
        cache.clear()


def whole(file: str, box: Box | None) -> np.ndarray:
    """A kept photo with a face outlined, RGB."""
    return outlined(decode(file), box, long_side_px=_SHOWN_PX)
