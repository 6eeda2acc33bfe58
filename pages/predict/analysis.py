"""The analysis of one photo."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fer.errors import FerError, ModelError
from fer.inference.answer import FacePrediction
from fer.inference.predictor import Predictor
from fer.nets.explain import heat_on_face
from pages.common.pictures import annotated

_FACES_WITH_HEAT = 12


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo that a visitor chose.

    Attributes:
        name: Of the file, or what the page calls it.
        key: Unique within a session.
        read: Returns the file's bytes, or pixels.
        is_face: Whether it is known to be cropped to one face.
    """

    name: str
    key: str
    read: Callable[[], bytes | np.ndarray]
    is_face: bool = False


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What the page shows of a photo; the photo itself is not kept.

    Attributes:
        picture: JPEG at screen size, with boxes around the faces.
        size: Width and height of the photo in pixels.
        faces: Largest first.
        heats: Grad-CAM heat maps over the crops of the first few faces, RGB.
        timings_ms: Milliseconds by step.
    """

    picture: bytes
    size: tuple[int, int]
    faces: tuple[FacePrediction, ...]
    heats: tuple[np.ndarray, ...]
    timings_ms: Mapping[str, float]


def analyse(
    photo: Photo, predictor: Predictor, *, whole_if_no_face: bool, min_face_px: int = 0
) -> Analysis | FerError:
    """Analyse one photo; an error is returned, so that the other photos are analysed, too."""
    whole = whole_if_no_face or photo.is_face
    try:
        prediction = predictor.predict(
            photo.read(), whole_if_no_face=whole, min_face_px=min_face_px
        )
    except FerError as error:
        return error
    return Analysis(
        picture=annotated(prediction.photo, prediction.faces),
        size=prediction.size,
        faces=prediction.faces,
        heats=_heats(predictor, prediction.faces),
        timings_ms=prediction.timings_ms,
    )


def _heats(predictor: Predictor, faces: Sequence[FacePrediction]) -> tuple[np.ndarray, ...]:
    try:
        return tuple(
            heat_on_face(face.crop, predictor.grad_cam(face, face.emotion))
            for face in faces[:_FACES_WITH_HEAT]
        )
    except ModelError:  # a network without convolutions, or another backend
        return ()
