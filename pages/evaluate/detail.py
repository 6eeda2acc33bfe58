"""One face of an evaluation: what the model said, what people said, and marks by hand."""

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from fer import emotions
from fer.data import VOTES, annotations
from fer.errors import FerError
from fer.nets.explain import grad_cam, heat_on_face, occlusion
from pages.common import errors
from pages.common.charts import bars_html
from pages.common.pictures import data_uri
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation

_COPIES = 10


def face_detail(evaluated: Evaluation, face: pd.Series, *, place: str = "page") -> None:
    """Show everything that is known about a face, and let it be marked.

    Args:
        evaluated: Where it comes from.
        face: Its row of the prediction table.
        place: Different wherever a face may be open at the same time.
    """
    labels = evaluated.table.labels
    st.markdown(
        f"**True: {errors.plain(face['label'])}. Predicted: {errors.plain(face['predicted'])}, "
        f"{face['confidence']:.0%} sure.**"
    )
    _pictures(evaluated, face, place)
    shares = {label: float(face[f"p_{label}"]) for label in labels}
    st.html(bars_html(shares, top=face["predicted"]))
    _votes(evaluated.dataset.index.iloc[face["row"]], face)
    _copies(evaluated, face)
    _marks(evaluated, face, place)
    st.caption(f"Loss {face['loss']:.2f} · entropy {face['entropy']:.2f} nats")


def _pictures(evaluated: Evaluation, face: pd.Series, place: str) -> None:
    pixels = evaluated.dataset.pixels[face["row"]]
    said = evaluated.table.labels.index(face["predicted"])
    shown = [(pixels, "The face", f"Face labelled {face['label']}")]
    slot = st.empty()
    model = evaluated.model
    explanations: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
        "Grad-CAM": lambda face, label: grad_cam(model.network, face, label)
    }
    if st.toggle(
        "Second opinion: hide parts of the face",
        key=f"{keys.OCCLUSION}.{place}",
        help="Occlusion: bright where hiding the place costs the predicted emotion most.",
    ):
        explanations["Occlusion"] = lambda face, label: occlusion(model.classify, face, label)
    for name, explain in explanations.items():
        try:
            heat = explain(pixels, said)
        except FerError as error:
            errors.show(error, about=name)
            continue
        shown.append(
            (heat_on_face(pixels, heat), name, f"{name}: what spoke for {face['predicted']}")
        )
    slot.html(pictures_html(shown))


def pictures_html(shown: list[tuple[np.ndarray, str, str]]) -> str:
    """Pictures in a row: pixels, the word under each, and its alternative text."""
    figures = "".join(
        f'<figure><img src="{data_uri(pixels)}" alt="{escape(alt)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for pixels, caption, alt in shown
    )
    return f'<div class="fer-pictures">{figures}</div>'


def _votes(row: pd.Series, face: pd.Series) -> None:
    if pd.isna(face["agreement"]):
        return
    votes = {name: float(row[f"votes_{name}"]) for name in VOTES}
    total = sum(votes.values())
    said = {name: votes.get(name, 0.0) for name in (face["predicted"], face["label"])}
    sentence = f"{said[face['predicted']]:.0f} of {total:.0f} people said {face['predicted']} too"
    if not face["correct"]:
        sentence += f"; {said[face['label']]:.0f} said {face['label']}"
    st.markdown(f"**{sentence}.**")
    cast = {name.replace("_", " "): count / total for name, count in votes.items() if count}
    st.html(bars_html(dict(sorted(cast.items(), key=lambda item: -item[1]))))


def _copies(evaluated: Evaluation, face: pd.Series) -> None:
    index = evaluated.dataset.index
    same = np.flatnonzero((index["hash"] == face["hash"]).to_numpy())
    same = same[same != face["row"]]
    if not len(same):
        st.caption("No exact copy of it in the data set.")
        return
    plural = "copy" if len(same) == 1 else "copies"
    st.markdown(f"**{len(same)} exact {plural} in the data set:**")
    shown = same[:_COPIES]
    pictures = [
        (pixels, f"{row.split}, {row.label}", f"Copy in {row.split}, labelled {row.label}")
        for pixels, row in zip(
            evaluated.dataset.pixels[shown], index.iloc[shown].itertuples(), strict=True
        )
    ]
    st.html(pictures_html(pictures))
    st.caption("  \n".join(f"`{path}`" for path in index["path"].iloc[shown]))


def _marks(evaluated: Evaluation, face: pd.Series, place: str) -> None:
    if evaluated.dataset.folder is None:
        return
    labels = emotions.ordered({*evaluated.dataset.labels, *evaluated.table.labels})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "Its right label",
            labels,
            index=labels.index(face["predicted"]),
            key=f"{keys.RELABEL}.{place}.{face['path']}",
            width=160,
        )
        relabel = st.button(
            "Relabel",
            icon=":material/label:",
            disabled=label == face["label"],
            key=f"evaluate.mark.relabel.{place}",
        )
        exclude = st.button(
            "Exclude", icon=":material/block:", key=f"evaluate.mark.exclude.{place}"
        )
    if relabel:
        _mark(evaluated, face, label=label)
    if exclude:
        _mark(evaluated, face, excluded=True)


def _mark(evaluated: Evaluation, face: pd.Series, **how: Any) -> None:
    if errors.attempt(lambda: annotations.mark(evaluated.dataset, [face["path"]], **how)):
        st.rerun()


def marks_waiting(evaluated: Evaluation) -> None:
    """How many faces are marked, and a way back."""
    if evaluated.dataset.folder is None:
        return
    marks = annotations.read(evaluated.dataset)
    if not marks:
        return
    excluded = sum(mark.excluded for mark in marks.values())
    waiting = "face waits" if len(marks) == 1 else "faces wait"
    relabelled = sum(mark.label is not None for mark in marks.values())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/flag: **{len(marks):,} marked {waiting} for the next training**: "
            f"{excluded:,} excluded, {relabelled:,} relabelled."
        )
        if st.button(
            "Undo the last mark", icon=":material/undo:", key="evaluate.mark.undo"
        ) and errors.attempt(lambda: annotations.undo(evaluated.dataset)):
            st.rerun()
