"""The results of photos as rows, and their downloads."""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd
import streamlit as st

from fer.errors import FerError
from fer.feedback.records import in_words
from fer.inference.album import Photo
from fer.inference.answer import NO_FACE, FacePrediction
from fer.inference.photo_rows import names_of, photo_columns, photo_json, photo_rows
from pages.common.asking.question import Answers
from pages.common.downloads import csv_of, download
from pages.common.verdicts import with_symbol
from pages.predict.analysis import Analysis
from pages.predict.photo import MadeWith

Results = Sequence[tuple[Photo, Analysis | FerError]]

_NOTES = ("min_face_px", "unsure_below", "not_sure", "tilt_deg", "warnings", "your_answer")


def answered(results: Results) -> list[tuple[Photo, Analysis]]:
    """The photos that could be analysed."""
    return [(photo, result) for photo, result in results if isinstance(result, Analysis)]


def as_csv(results: Results, answers: Answers, made_with: MadeWith) -> str:
    """The rows of `fer predict --csv`, with the page's settings and notes on each face."""
    table: list[dict[str, Any]] = []
    names = names_of(made_with.predictor)
    for photo, result in results:
        rows = photo_rows(photo.name, result, **names)
        faces = result.faces if isinstance(result, Analysis) else ()
        notes = [_notes(photo, face, answers, made_with) for face in faces] or [{}]
        for note in notes[: len(faces)]:
            note["not_sure"] = str(note["not_sure"]).lower()  # like `reliable`
        table += [row | _settings(made_with) | note for row, note in zip(rows, notes, strict=True)]
    columns = [*photo_columns(made_with.predictor.card.labels), *_NOTES]
    # As objects, or a photo without a face would turn whole numbers into 1.0.
    return csv_of(pd.DataFrame(table, columns=columns, dtype=object))


def photos_as_json(results: Results, answers: Answers, made_with: MadeWith) -> list[dict[str, Any]]:
    """The objects of `fer predict --json`, with the page's settings and notes on each face."""
    objects, names = [], names_of(made_with.predictor)
    for photo, result in results:
        answer = photo_json(photo.name, result, **names) | _settings(made_with)
        if isinstance(result, Analysis):
            for written, face in zip(answer["faces"], result.faces, strict=True):
                written |= _notes(photo, face, answers, made_with)
        objects.append(answer)
    return objects


def as_table(
    good: Sequence[tuple[Photo, Analysis]], answers: Answers, labels: Sequence[str]
) -> pd.DataFrame:
    """The same for people: a row per face, or for a photo without any; shares of 0–1."""
    shares = [label.capitalize() for label in labels]
    rows: list[dict[str, Any]] = []
    for photo, result in good:
        rows += [
            {
                "Photo": photo.name,
                "Face": face.number,
                "Answer": with_symbol(face.verdict),
                "Your answer": _answered_in_words(photo, face, answers) or None,
                "Less reliable": ", ".join(face.quality.warnings),
            }
            | (_shares(face) if face.reliable else {})
            for face in result.faces
        ] or [{"Photo": photo.name, "Answer": NO_FACE}]
    numbers = ["Confidence", *shares]
    columns = ["Photo", "Face", "Answer", "Confidence", "Your answer", *shares]
    table = pd.DataFrame(rows, columns=[*columns, "Less reliable"])
    return table.astype({"Face": "Int64", **dict.fromkeys(numbers, "float64")})


def _shares(face: FacePrediction) -> dict[str, float]:
    shares = {label.capitalize(): share for label, share in face.probabilities.items()}
    return {"Confidence": face.confidence, **shares}


def _settings(made_with: MadeWith) -> dict[str, Any]:
    return {
        "min_face_px": made_with.options.min_face_px,
        "unsure_below": made_with.unsure_below,
    }


def _notes(
    photo: Photo, face: FacePrediction, answers: Answers, made_with: MadeWith
) -> dict[str, Any]:
    tilt_deg = face.quality.tilt_deg
    return {
        "not_sure": face.confidence < made_with.unsure_below,
        "tilt_deg": None if tilt_deg is None else round(tilt_deg, 1),
        "warnings": "; ".join(face.quality.warnings),
        "your_answer": _answered_in_words(photo, face, answers),
    }


def _answered_in_words(photo: Photo, face: FacePrediction, answers: Answers) -> str:
    return in_words(answers.get((photo.key, face.number)) or "")


def downloads(results: Results, answers: Answers, made_with: MadeWith) -> None:
    """Offer the results as CSV, JSON and photos with boxes around the faces."""

    def as_json() -> str:
        objects = photos_as_json(results, answers, made_with)
        return json.dumps(objects, indent=2, ensure_ascii=False)

    files: dict[str, tuple[str, Callable[[], str | bytes]]] = {
        "CSV": ("emotions.csv", lambda: as_csv(results, answers, made_with)),
        "JSON": ("emotions.json", as_json),
        "Annotated photos": ("annotated-photos.zip", lambda: _photos_as_zip(results)),
    }
    with st.container(horizontal=True):
        for label, (file_name, make) in files.items():
            download(label, make, file_name)


def _photos_as_zip(results: Results) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for number, (photo, result) in enumerate(answered(results), start=1):
            name = f"{number:04d} {PurePath(photo.name).stem}.jpg"
            archive.writestr(name, result.drawn.picture)
    return buffer.getvalue()
