"""The files of a model: what is there, and downloads in every format."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from fer import api, models
from fer.data import registered
from fer.errors import FerError
from fer.evaluation.charts import forms_chart
from fer.evaluation.packing import packed
from fer.evaluation.saving import summary
from fer.models import onnx_export
from fer.models.card import ModelCard
from fer.wording import split_name
from pages.common import errors, predictors
from pages.common.cache import Work
from pages.common.choices import select
from pages.common.downloads import download
from pages.common.models_folder import why_read_only
from pages.common.progress import Meter
from pages.models import keys
from pages.models.cards import Entry, size_text

FORMS = {
    "keras": "Keras 3 (.keras)",
    "litert": "LiteRT (.tflite), for small computers",
    "litert-int8": "LiteRT in 8 bits (.tflite), the smallest",
    "onnx": "ONNX (.onnx)",
}
FORMATS = {
    ".h5": "Keras 2 and 3 (.h5)",
    ".json": "JSON and weights (ZIP)",
    ".onnx": FORMS["onnx"],
    ".tflite": "LiteRT (.tflite), for Android and iOS apps",
}
"""Formats that are written on demand, by suffix."""
EXPORTED = ("litert", "litert-int8")


def show_files(entry: Entry, card: ModelCard) -> None:
    """The forms with their figures, and a file to download."""
    st.subheader("Files", anchor=False)
    measured = {form: row for form, row in card.forms.items() if row.get("accuracy")}
    if rows := [_row(form, row) for form, row in measured.items()]:
        _show_chart(measured)
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, alt="Forms of the model",
            column_config={
                "accuracy": st.column_config.NumberColumn(format="%.1f%%"),
                "mean recall": st.column_config.NumberColumn(format="%.1f%%"),
                "one face": st.column_config.TextColumn(
                    help="Median time on the machine that exported it"
                ),
                "same answer": st.column_config.TextColumn(
                    help="Share of these faces to which it gives the original's answer"
                ),
            },
        )  # fmt: skip
    there = {
        form: FORMS[form]
        for form, file in models.FORMS.items()
        if form in (card.original, *card.forms) and (entry.folder / file).is_file()
    }
    can_write = card.original == "keras"
    makeable = {form: FORMS[form] for form in EXPORTED if form not in there} if can_write else {}
    written = dict(FORMATS) if can_write else {}
    if "onnx" in there or not onnx_export.is_installed():
        written.pop(".onnx", None)
    formats = {**there, **written, **makeable}
    report = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = st.container(width=320)
        chosen = select(place, "Format", formats, key=f"{keys.FORM}.{entry.name}")
        if chosen in there:
            file = entry.folder / models.FORMS[chosen]
            suffix = "".join(file.suffixes)
            size = size_text(file.stat().st_size)
            download(f"Download {size}", file.read_bytes, f"{entry.name}{suffix}")
        elif chosen in FORMATS:
            report = _offer_written(entry, chosen)
    if report:
        st.caption(summary(report))
    if chosen in makeable:
        _offer_export(entry)


def _show_chart(measured: Mapping[str, Mapping[str, Any]]) -> None:
    """What a smaller form costs, where both figures of several forms are known."""
    both = {form: row for form, row in measured.items() if "balanced_accuracy" in row}
    if len(both) < 2:
        return
    named = {FORMS.get(form, form): row for form, row in both.items()}
    alt = "Size against accuracy and mean recall: " + "; ".join(
        f"{name}, {size_text(row['bytes'])}, {row['accuracy']:.1%} and "
        f"{row['balanced_accuracy']:.1%}"
        for name, row in named.items()
    )
    st.plotly_chart(
        forms_chart(named), key="models.forms", config={"displayModeBar": False}, alt=alt
    )


def _row(form: str, row: Mapping[str, Any]) -> dict[str, Any]:
    low, high = row["accuracy_ci95"]
    recall = row.get("balanced_accuracy")
    return {
        "form": FORMS.get(form, form),
        "size": size_text(row["bytes"]),
        "accuracy": 100 * row["accuracy"],
        "95% interval": f"{low:.1%} to {high:.1%}",
        **({} if recall is None else {"mean recall": 100 * recall}),
        "on": f"{split_name(row['split'])}, n {row['images']:,}",
        "one face": f"{row['one_face_ms']:.2f} ms",
        **({"same answer": f"{row['same_answer']:.1%}"} if "same_answer" in row else {}),
    }


def _offer_written(entry: Entry, suffix: str) -> dict[str, Any] | None:
    """A button that writes the file, then one that downloads it; the report once it is written."""
    asked = (entry.name, entry.stamp, suffix)
    if st.session_state.get(keys.FORM) != asked:
        if not st.button("Make the file", icon=":material/build:", key="models.make"):
            return None
        st.session_state[keys.FORM] = asked
    try:
        name, content, report = _packing(str(entry.folder), entry.stamp, suffix).result()
    except FerError as error:
        errors.show(error)
        return None
    download(f"Download {size_text(len(content))}", lambda: content, name)
    download(
        "Comparison",
        lambda: json.dumps(report, indent=2).encode(),
        f"{name}.parity.json",
    )
    return report


@st.cache_resource(max_entries=3, show_spinner=False, validate=Work.is_usable)
def _packing(
    folder: str, stamp: tuple[int, int], suffix: str
) -> Work[tuple[str, bytes, dict[str, Any]]]:
    def pack(meter: Meter) -> tuple[str, bytes, dict[str, Any]]:
        meter.note("Writing the file, and comparing it with the model…")
        predictors.import_keras()
        return packed(Path(folder), suffix, progress=meter)

    return Work(pack)


def _offer_export(entry: Entry) -> None:
    """LiteRT forms are made with faces of a data set, and measured on its test."""
    refusal = why_read_only()
    st.caption(
        refusal
        or "This form is made with training faces of a data set, and compared on its test. The "
        "figures are kept in the card."
        + (" A copy of the model is made for that." if entry.is_protected else "")
    )
    if refusal:
        return
    names = [source.name for source in registered()]
    own = entry.card.data.get("name") if entry.card else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = st.selectbox(
            "Data set", names, index=names.index(own) if own in names else len(names) - 1,
            key=keys.EXPORT_DATA, width=320,
        )  # fmt: skip
        clicked = st.button("Make the LiteRT forms", icon=":material/build:", key="models.export")
    if clicked:
        errors.attempt(partial(_export, entry.folder, dataset))


def _export(folder: Path, dataset: str) -> None:
    def export(meter: Any) -> ModelCard:
        meter.note("Loading Keras and the network…")
        predictors.import_keras()
        return api.export(folder, dataset, progress=meter)

    card = Work(export).result()
    st.session_state[keys.CHOOSE] = card.name
    st.session_state[keys.DONE] = f"**{errors.plain(card.name)}** now has its other forms."
