"""Cards with the model's answer for each face of a photo."""

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
    """Show one card per face: emotion, confidence, the network's input, a bar for each label.

    Args:
        faces: Of one photo.
        heats: Heat maps of the first faces, RGB.
        unsure_below: Confidence, 0–1, below which the answer is "not sure".
    """
    cards = "".join(_card(face, heat, unsure_below) for face, heat in zip_longest(faces, heats))
    st.html(f'<div class="fer-grid">{cards}</div>')


def _card(face: FacePrediction, heat: np.ndarray | None, unsure_below: float) -> str:
    number = face.number
    top = emotions.describe(face.emotion)
    height, width = face.crop.shape[:2]
    heading, detail = f"{top.symbol} {escape(top.label)}", "confidence"
    if face.confidence < unsure_below:
        heading, detail = "🤔 Not sure", f"for {escape(top.label)}"
    heat_html = ""
    if heat is not None:
        legend = f"bright where it counts for {escape(top.label)}"
        heat_html = f"""<img class="fer-crop fer-heat" src="{data_uri(heat)}"
         alt="Face {number}: {legend}" title="{legend.capitalize()} (Grad-CAM)">"""
    return f"""
<section class="fer-face" style="--emotion: {top.color}" aria-label="Face {number}">
  <header>
    <img class="fer-crop" src="{data_uri(face.crop)}"
         alt="Face {number} as the network saw it, {width} × {height} pixels"
         title="What the network saw">{heat_html}
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
    facts = f"{width} × {height} px · tilt {round(face.quality.tilt_deg):+d}°"
    html = f'<p class="fer-quiet">{facts}</p>'
    if warnings := face.quality.warnings:
        html += f'<p class="fer-warning">⚠ Less reliable: {escape(", ".join(warnings))}</p>'
    return html
