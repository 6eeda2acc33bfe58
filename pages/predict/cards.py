"""Cards with the model's answer for each face of a photo."""

from collections.abc import Sequence
from html import escape

import numpy as np

from fer import emotions
from fer.faces.quality import MIN_RELIABLE_SIDE_PX, TOO_BLURRED, TOO_SMALL
from fer.inference.answer import FacePrediction
from fer.wording import percent
from pages.common.charts import bars_html
from pages.common.pictures import data_uri
from pages.predict.analysis import FACES_WITH_HEAT, Heats

ADVICE = {
    TOO_SMALL: f"A face needs {MIN_RELIABLE_SIDE_PX} px or more. Try a larger photo.",
    TOO_BLURRED: "Try a sharper photo.",
}


def cards_html(
    faces: Sequence[FacePrediction], heats: Heats | None = None, *, unsure_below: float = 0
) -> str:
    """One card per face: emotion, confidence, a bar for each label, the network's input.

    Args:
        faces: Of one photo.
        heats: Heat maps of the first faces; None while they are being computed.
        unsure_below: Confidence, 0–1, below which the answer is "not sure". Of an unreliable one,
            only the reason is shown.
    """
    cards = "".join(_card(face, heats, unsure_below) for face in faces)
    return f'<div class="fer-grid">{cards}</div>'


def _card(face: FacePrediction, heats: Heats | None, unsure_below: float) -> str:
    top = emotions.describe(face.emotion)
    color, bars = top.color, bars_html(face.probabilities, top=face.emotion)
    confidence = percent(face.confidence)
    heading, detail = f"{top.symbol} {escape(top.label)}", f"{confidence} confidence"
    if not face.reliable:
        heading, detail = f"🔍 {face.verdict.capitalize()}", ADVICE[face.unreliable_because]
        color, bars = emotions.UNRELIABLE_COLOR, ""
    elif face.confidence < unsure_below:
        heading, detail = "🤔 Not sure", f"{confidence} for {top.label}"
    return f"""
<section class="fer-face" style="--emotion: {color}" aria-label="Face {face.number}">
  <p class="fer-quiet">Face {face.number}</p>
  <p class="fer-top{"" if face.reliable else " fer-sentence"}">{heading}</p>
  <p class="fer-quiet">{escape(detail)}</p>
  {bars}
  {_warnings(face)}
  <div class="fer-explained">{_crop(face)}{_heat(face, heats)}</div>
</section>"""


def _warnings(face: FacePrediction) -> str:
    if not face.reliable or not face.quality.warnings:
        return ""
    warnings = escape(", ".join(face.quality.warnings))
    return f'<p class="fer-warning">⚠ Less reliable: {warnings}</p>'


def _crop(face: FacePrediction) -> str:
    height, width = face.crop.shape[:2]
    alt = f"Face {face.number} as the network saw it, {width} × {height} pixels"
    return _figure(face.crop, alt, "What the network saw", "fer-crop")


def _heat(face: FacePrediction, heats: Heats | None) -> str:
    if not face.reliable or face.number > FACES_WITH_HEAT:
        return ""
    if heats is None:
        return (
            '<figure><div class="fer-crop"></div>'
            "<figcaption>What counted: computing…</figcaption></figure>"
        )
    if face.number not in heats:
        return ""
    caption = f"Bright: what counted for {face.emotion}"
    alt = f"Face {face.number}: {caption.lower()}, by Grad-CAM"
    return _figure(heats[face.number], alt, caption, "fer-crop fer-heat")


def _figure(pixels: np.ndarray, alt: str, caption: str, style: str) -> str:
    return f"""<figure><img class="{style}" src="{data_uri(pixels)}" alt="{escape(alt)}">
<figcaption>{escape(caption)}</figcaption></figure>"""
