"""What the browser needs to know: `settings.json`, made of a card and of Python's own constants.

`web/src/pipeline/settings.ts` describes the same file.
"""

from dataclasses import asdict
from typing import Any

from fer import emotions
from fer.faces import face, quality, yunet
from fer.faces.alignment import FER2013_FRAMING
from fer.images import MAX_BYTES
from fer.inference import stream, tracking
from fer.inference.drawing import ink_on
from fer.models.card import ModelCard
from fer.pixels import MAX_PIXELS, MIN_SIDE_PX
from fer.wording import split_name


def settings_of(card: ModelCard) -> dict[str, Any]:
    """The settings of a model's page, as plain values for JSON."""
    shown = [emotions.describe(label) for label in card.labels]
    return {
        "name": card.name,
        "height": card.height,
        "width": card.width,
        "channels": card.channels,
        "temperature": card.temperature,
        "framing": dict(card.framing),
        "emotions": [
            {"label": one.label, "symbol": one.symbol, **_colors(one.color)} for one in shown
        ],
        "unreliable": _colors(emotions.UNRELIABLE_COLOR),
        "figures": [
            {
                "on": f"{figures['dataset']}, {split_name(split)}",
                "truth": figures.get("truth", "label"),
                "images": figures["images"],
                "accuracy": figures["accuracy"],
                "accuracy_ci95": figures["accuracy_ci95"],
                "mean_recall": figures.get("balanced_accuracy"),
            }
            for split, figures in card.metrics.items()
            if split != "validation" and not figures.get("synthetic")
        ],
        "detection": {
            "min_score": yunet.MIN_SCORE,
            "hint_score": yunet.HINT_SCORE,
            "large_px": yunet.LARGE_PX,
            "small_px": yunet.SMALL_PX,
            "grown_px": yunet.GROWN_PX,
            "large_face": yunet.LARGE_FACE,
            "again_px": yunet.AGAIN_PX,
            "again_framing": asdict(FER2013_FRAMING),
            "most_overlap": yunet.MOST_OVERLAP,
            "divisor": yunet.DIVISOR,
            "strides": list(yunet.STRIDES),
            "min_face_px": face.MIN_FACE_PX,
            "same_face": face.SAME_FACE,
        },
        "quality": {
            "min_side_px": quality.MIN_RELIABLE_SIDE_PX,
            "min_sharpness": quality.MIN_RELIABLE_SHARPNESS,
            "measured_px": quality.MEASURED_PX,
            "too_small": quality.TOO_SMALL,
            "too_blurred": quality.TOO_BLURRED,
        },
        "tracking": {
            "min_overlap": tracking.MIN_OVERLAP,
            "patience_s": tracking.PATIENCE_S,
            "smoothing_s": tracking.SMOOTHING_S,
            "detect_every": stream.DETECT_EVERY,
            "detect_within_s": stream.DETECT_WITHIN_S,
        },
        "photos": {
            "max_pixels": MAX_PIXELS,
            "max_bytes": MAX_BYTES,
            "min_side_px": MIN_SIDE_PX,
        },
    }


def _colors(color: str) -> dict[str, str]:
    return {"color": color, "ink": ink_on(color)}
