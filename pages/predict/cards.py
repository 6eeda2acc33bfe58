"""Cards with the model's answer for each face of a photo."""

from collections.abc import Sequence
from html import escape
from itertools import zip_longest

import numpy as np
import streamlit as st

from fer import emotions
from fer.faces.quality import MIN_RELIABLE_SIDE_PX, TOO_BLURRED, TOO_SMALL
from fer.inference.answer import FacePrediction
from fer.wording import percent
from pages.common.charts import bars_html
from pages.common.pictures import data_uri

ADVICE = {
    TOO_SMALL: f"A face needs {MIN_RELIABLE_SIDE_PX} px or more. Try a larger photo.",
    TOO_BLURRED: "Try a sharper photo.",
}


def face_cards(
    faces: Sequence[FacePrediction], heats: Sequence[np.ndarray] = (), *, unsure_below: float = 0
) -> None:
    """Show one card per face: emotion, confidence, the network's input, a bar for each label.

    Args:
        faces: Of one photo.
        heats: Heat maps of the first faces, RGB.
        unsure_below: Confidence, 0–1, below which the answer is "not sure". Of an unreliable one,
            only the reason is shown.
    """
    cards = "".join(_card(face, heat, unsure_below) for face, heat in zip_longest(faces, heats))
    st.html(f'<div class="fer-grid">{cards}</div>')


def _card(face: FacePrediction, heat: np.ndarray | None, unsure_below: float) -> str:
    number = face.number
    top = emotions.describe(face.emotion)
    height, width = face.crop.shape[:2]
    color, bars = top.color, bars_html(face.probabilities, top=face.emotion)
    confidence = percent(face.confidence)
    heading, detail = f"{top.symbol} {escape(top.label)}", f"{confidence} confidence"
    if not face.reliable:
        heading, detail = f"🔍 {face.verdict.capitalize()}", ADVICE[face.unreliable_because]
        color, heat, bars = emotions.UNRELIABLE_COLOR, None, ""
    elif face.confidence < unsure_below:
        heading, detail = "🤔 Not sure", f"{confidence} for {top.label}"
    heat_html = ""
    if heat is not None:
        legend = f"bright where it counts for {escape(top.label)}"
        heat_html = f"""<img class="fer-crop fer-heat" src="{data_uri(heat)}"
         alt="Face {number}: {legend}" title="{legend.capitalize()} (Grad-CAM)">"""
    return f"""
<section class="fer-face" style="--emotion: {color}" aria-label="Face {number}">
  <header>
    <img class="fer-crop" src="{data_uri(face.crop)}"
         alt="Face {number} as the network saw it, {width} × {height} pixels"
         title="What the network saw">{heat_html}
    <div>
      <p class="fer-quiet">Face {number}</p>
      <p class="fer-top{"" if face.reliable else " fer-sentence"}">{heading}</p>
      <p class="fer-quiet">{escape(detail)}</p>
    </div>
  </header>
  {bars}
  {_quality(face)}
</section>"""


def _quality(face: FacePrediction) -> str:
    width, height = face.box[2:]
    tilt_deg = face.quality.tilt_deg
    tilt = "" if tilt_deg is None else f" · tilt {round(tilt_deg):+d}°"
    html = f'<p class="fer-quiet">{width} × {height} px{tilt}</p>'
    if face.reliable and (warnings := face.quality.warnings):
        html += f'<p class="fer-warning">⚠ Less reliable: {escape(", ".join(warnings))}</p>'
    return html
