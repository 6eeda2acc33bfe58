"""Cards with the network's answer for each face of a photo."""

from collections.abc import Sequence
from html import escape
from itertools import zip_longest

import numpy as np
import streamlit as st

from fer import emotions
from fer.inference.answer import FacePrediction
from pages.common.charts import bars_html, percent
from pages.common.pictures import data_uri


def face_cards(
    faces: Sequence[FacePrediction], heats: Sequence[np.ndarray] = (), *, unsure_below: float = 0
) -> None:
    """Show one card per face: emotion, confidence, the network's crop, bars for all labels.

    Args:
        faces: In the order of their numbers, from 1.
        heats: For the first faces, what counted for the emotion, as RGB pixels.
        unsure_below: Confidence, 0–1, under which the answer is "not sure".
    """
    cards = "".join(
        _card(face, number, heat, unsure_below)
        for number, (face, heat) in enumerate(zip_longest(faces, heats), start=1)
    )
    st.html(f'<div class="fer-grid">{cards}</div>')


def _card(face: FacePrediction, number: int, heat: np.ndarray | None, unsure_below: float) -> str:
    top = emotions.describe(face.emotion)
    height, width = face.crop.shape[:2]
    heading, detail = f"{top.symbol} {escape(top.label)}", "confidence"
    if face.confidence < unsure_below:
        heading, detail = "🤔 Not sure", f"for {escape(top.label)}"
    shown_heat = (
        f'<img class="fer-crop fer-heat" src="{data_uri(heat)}" '
        f'alt="Face {number}: bright where it counts for {escape(top.label)}" '
        f'title="Bright where it counts for {escape(top.label)} (Grad-CAM)">'
        if heat is not None
        else ""
    )
    return f"""
<section class="fer-face" style="--emotion: {top.color}" aria-label="Face {number}">
  <header>
    <img class="fer-crop" src="{data_uri(face.crop)}"
         alt="Face {number} as the network saw it, {width} × {height} pixels"
         title="What the network saw">{shown_heat}
    <div>
      <p class="fer-quiet">Face {number}</p>
      <p class="fer-top">{heading}</p>
      <p class="fer-quiet">{escape(percent(face.confidence))} {detail}</p>
    </div>
  </header>
  {bars_html(face.probabilities, top=face.emotion)}
  {_quality(face)}
</section>"""


def _quality(face: FacePrediction) -> str:
    if face.quality is None:
        return ""
    width, height = face.box[2:]
    lines = (
        f'<p class="fer-quiet">{width} × {height} px · tilt {round(face.quality.tilt_deg):+d}°</p>'
    )
    if warnings := face.quality.warnings:
        lines += f'<p class="fer-warning">⚠ Less reliable: {escape(", ".join(warnings))}</p>'
    return lines
