"""The results of many photos: totals, a table and downloads."""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd
import streamlit as st

from fer import emotions
from fer.errors import FerError
from fer.inference.answer import FacePrediction
from fer.wording import counted
from pages.common.charts import bars_html
from pages.common.downloads import download
from pages.common.verdicts import share_columns, with_verdicts
from pages.predict import keys
from pages.predict.analysis import Analysis, Photo

Results = Sequence[tuple[Photo, Analysis | FerError]]
Answers = dict[tuple[str, int], str | None]


def rows(results: Results, answers: Answers) -> list[dict[str, Any]]:
    """One row per face, and one for a photo without a face or with an error.

    Args:
        results: Photos with their results.
        answers: The visitor's answer about each face, if any, by the photo's key and the face's
            number.
    """
    table: list[dict[str, Any]] = []
    for photo, result in results:
        if isinstance(result, FerError):
            found: list[dict[str, Any]] = [{"error": str(result)}]
        else:
            detector = {"detector": result.detector}
            faces = [face.to_row() | _notes(photo, face, answers) for face in result.faces]
            found = [detector | face for face in faces or [{}]]
        table += [{"file": photo.name, **row} for row in found]
    return table


def as_csv(results: Results, answers: Answers) -> str:
    """The rows as CSV."""
    # As objects, or a photo without a face would turn whole numbers into 1.0.
    return pd.DataFrame(rows(results, answers), dtype=object).to_csv(index=False)


def photos_as_json(results: Results, answers: Answers) -> list[dict[str, Any]]:
    """One object per photo, as `fer predict --json` prints it, with notes on each face."""
    objects = []
    for photo, result in results:
        if isinstance(result, FerError):
            answer: dict[str, Any] = {"error": str(result), "detector": None, "faces": []}
        else:
            faces = [face.to_json() | _notes(photo, face, answers) for face in result.faces]
            answer = {"error": None, "detector": result.detector, "faces": faces}
        objects.append({"file": photo.name, **answer})
    return objects


def _notes(photo: Photo, face: FacePrediction, answers: Answers) -> dict[str, Any]:
    notes: dict[str, Any] = {}
    if face.quality.tilt_deg is not None:
        notes["tilt_deg"] = round(face.quality.tilt_deg, 1)
    notes["warnings"] = "; ".join(face.quality.warnings)
    return notes | {"your_answer": answers.get((photo.key, face.number)) or ""}


def downloads(results: Results, answers: Answers) -> None:
    """Offer the results as CSV, JSON and photos with boxes around the faces."""

    def as_json() -> str:
        return json.dumps(photos_as_json(results, answers), indent=2, ensure_ascii=False)

    with st.container(horizontal=True):
        download("CSV", lambda: as_csv(results, answers), "emotions.csv")
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


def summary(results: Results, answers: Answers) -> None:
    """Shares and means over all reliable faces, and a table of all faces with a filter."""
    st.header("All photos together", anchor=False)
    faces = [face for _, result in results if isinstance(result, Analysis) for face in result.faces]
    failed = sum(isinstance(result, FerError) for _, result in results)
    skipped = f", {counted(failed, 'photo')} skipped" if failed else ""
    reliable = [face for face in faces if face.reliable]
    reasons = Counter(face.unreliable_because for face in faces if not face.reliable)
    unsure = "".join(f", {count:,} {reason}" for reason, count in reasons.items())
    st.markdown(
        f"{counted(len(results), 'photo')}, {counted(len(faces), 'face')}{unsure}{skipped}."
    )
    if not faces:
        return
    labels = list(faces[0].probabilities)
    counts = Counter(face.emotion for face in reliable)
    if reliable:
        means = pd.DataFrame([face.probabilities for face in reliable]).mean()
        which = f"the {len(reliable):,} reliable faces" if reasons else "all faces"
        left, right = st.columns(2)
        left.caption(f"Most probable emotion, as a share of {which}")
        left.html(bars_html({label: counts[label] / len(reliable) for label in labels}))
        right.caption(f"Mean probability over {which}")
        right.html(bars_html({label: means[label] for label in labels}))
    chosen = st.pills(
        "Show only",
        labels,
        format_func=lambda label: f"{emotions.describe(label).symbol} {label} {counts[label]}",
        selection_mode="multi",
        key=keys.FILTER,
    )
    table = with_verdicts(pd.DataFrame(rows(results, answers))).drop(columns=["x", "y"])
    if chosen:
        table = table[table["emotion"].isin(chosen)]
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(table, hide_index=True, column_config=dict.fromkeys(share_columns(table), percent))
