"""The answers for a photo as rows of a table and as JSON, the same from pages and commands."""

from collections.abc import Sequence
from typing import Any

from fer.errors import FerError
from fer.inference.answer import NO_FACE, FacePrediction, PhotoFaces, face_columns
from fer.inference.predictor import Predictor
from fer.models.card import ModelCard


def photo_columns(labels: Sequence[str]) -> tuple[str, ...]:
    """Columns of a table of photos: a row for each face, or one for a photo without any."""
    photo = ("file", "model", "detector", "photo_width", "photo_height")
    return (*photo, *face_columns(labels), "error", "note")


def model_name(card: ModelCard) -> str:
    """The model's name and the start of its checksum."""
    return f"{card.name} {card.model_sha256[:8]}".strip()


def names_of(predictor: Predictor) -> dict[str, str]:
    """The `model` and the `detector`, as every row and object names them."""
    return {"model": model_name(predictor.card), "detector": predictor.detector_name}


def photo_rows(
    name: str, result: PhotoFaces | FerError, *, model: str, detector: str
) -> list[dict[str, Any]]:
    """Rows by the columns of `photo_columns`; columns without a value are not in them."""
    shared: dict[str, Any] = {"file": name, "model": model, "detector": detector}
    if isinstance(result, FerError):
        return [shared | {"error": str(result)}]
    shared |= dict(zip(("photo_width", "photo_height"), result.size, strict=True))
    shared |= {"note": result.note} if result.note else {}
    without = {"unreliable_because": NO_FACE}
    return [shared | face.to_row() for face in result.faces] or [shared | without]


def photo_json(
    name: str, result: PhotoFaces | FerError, *, model: str, detector: str
) -> dict[str, Any]:
    """One photo; `faces` is empty where none was found, and where `error` gives a reason."""
    error = note = None
    faces: Sequence[FacePrediction] = ()
    if isinstance(result, FerError):
        error = str(result)
    else:
        note, faces = result.note or None, result.faces
    return {
        "file": name, "error": error, "note": note, "model": model, "detector": detector,
        "faces": [face.to_json() for face in faces],
    }  # fmt: skip
