"""The analysis of one photo."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fer.errors import FerError, ModelError
from fer.inference.answer import FacePrediction, PhotoFaces
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


class Options(NamedTuple):
    """What changes the analysis of a photo; see `Predictor.predict`."""

    whole_if_no_face: bool
    min_face_px: int


@dataclass(frozen=True, kw_only=True)
class Analysis(PhotoFaces):
    """What the page shows of a photo; the photo itself is not kept.

    Attributes:
        picture: JPEG at screen size, with boxes around the faces.
        heats: Grad-CAM heat maps over the crops of the first few faces, RGB.
    """

    picture: bytes
    heats: tuple[np.ndarray, ...]


def analyse(photo: Photo, predictor: Predictor, options: Options) -> Analysis | FerError:
    """Analyse one photo; an error is returned, so that the other photos are analysed, too."""
    if photo.is_face:
        options = options._replace(whole_if_no_face=True)
    try:
        prediction = predictor.predict(photo.read(), **options._asdict())
    except FerError as error:
        return error
    return Analysis(
        picture=annotated(prediction.photo, prediction.faces),
        size=prediction.size,
        detector=prediction.detector,
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
