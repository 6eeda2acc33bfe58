"""The results of many photos: totals, a table and downloads."""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd
import streamlit as st

from fer import emotions
from fer.errors import FerError
from fer.inference.answer import FacePrediction
from pages.common.charts import bars_html
from pages.common.downloads import download
from pages.predict import keys
from pages.predict.analysis import Analysis, Photo

Results = Sequence[tuple[Photo, Analysis | FerError]]


def rows(results: Results, answers: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row per face, and one for a photo without a face or with an error.

    Args:
        results: Photos with their results.
        answers: The visitor's answer about each face, by `answer_key`.
    """
    table: list[dict[str, Any]] = []
    for photo, result in results:
        if isinstance(result, FerError):
            table.append({"file": photo.name, "error": str(result)})
            continue
        if not result.faces:
            table.append({"file": photo.name})
        for number, face in enumerate(result.faces, start=1):
            row = {"file": photo.name, "face": number, **face.to_row()}
            table.append(row | _notes(photo, number, face, answers))
    return table


def photos_as_json(results: Results, answers: Mapping[str, str]) -> list[dict[str, Any]]:
    """One object per photo, as `fer predict --json` prints it, with notes on each face."""
    objects = []
    for photo, result in results:
        error, faces = (str(result), ()) if isinstance(result, FerError) else (None, result.faces)
        described = [
            face.to_json() | _notes(photo, number, face, answers)
            for number, face in enumerate(faces, start=1)
        ]
        objects.append({"file": photo.name, "error": error, "faces": described})
    return objects


def _notes(
    photo: Photo, number: int, face: FacePrediction, answers: Mapping[str, str]
) -> dict[str, Any]:
    notes: dict[str, Any] = {}
    if face.quality is not None:
        notes["tilt_deg"] = round(face.quality.tilt_deg, 1)
        notes["warnings"] = "; ".join(face.quality.warnings)
    return notes | {"your_answer": answers.get(answer_key(photo, number), "")}


def answer_key(photo: Photo, number: int) -> str:
    """Key of the visitor's answer about one face."""
    return f"{photo.key} {number}"


def downloads(results: Results, answers: Mapping[str, str]) -> None:
    """Offer the results as CSV, JSON and photos with boxes around the faces."""

    def as_csv() -> str:
        return pd.DataFrame(rows(results, answers)).to_csv(index=False)

    def as_json() -> str:
        return json.dumps(photos_as_json(results, answers), indent=2, ensure_ascii=False)

    with st.container(horizontal=True):
        download("CSV", as_csv, "emotions.csv")
        download("JSON", as_json, "emotions.json")
        download("Annotated photos", lambda: _photos_as_zip(results), "annotated-photos.zip")


def _photos_as_zip(results: Results) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for number, (photo, result) in enumerate(results, start=1):
            if isinstance(result, Analysis):
                name = f"{number:04d} {PurePath(photo.name).stem}.jpg"
                archive.writestr(name, result.picture)
    return buffer.getvalue()


def summary(results: Results, answers: Mapping[str, str]) -> None:
    """Shares and means over all faces, and a table with a filter."""
    st.header("All photos together", anchor=False)
    faces = [face for _, result in results if isinstance(result, Analysis) for face in result.faces]
    failed = sum(isinstance(result, FerError) for _, result in results)
    skipped = f", {failed:,} photos skipped" if failed else ""
    st.markdown(f"{len(results):,} photos, {len(faces):,} faces{skipped}.")
    if not faces:
        return
    labels = list(faces[0].probabilities)
    counts = Counter(face.emotion for face in faces)
    left, right = st.columns(2)
    with left:
        st.caption("Share of faces by most probable emotion")
        st.html(bars_html({label: counts[label] / len(faces) for label in labels}))
    with right:
        st.caption("Mean probability over all faces")
        shares = pd.DataFrame([face.probabilities for face in faces])
        st.html(bars_html({label: shares[label].mean() for label in labels}))
    chosen = st.pills(
        "Show only",
        labels,
        format_func=lambda label: f"{emotions.describe(label).symbol} {label} {counts[label]}",
        selection_mode="multi",
        key=keys.FILTER,
    )
    table = pd.DataFrame(rows(results, answers)).drop(columns=["x", "y"], errors="ignore")
    if chosen:
        table = table[table["emotion"].isin(chosen)]
    columns = [name for name in map(str, table) if name == "confidence" or name.startswith("p_")]
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(table, hide_index=True, column_config=dict.fromkeys(columns, percent))
