"""What people agree to before a correction is kept."""

import hashlib

from fer.feedback.records import Correction, in_words
from fer.wording import detector_name, percent

TEXT = (
    "Your correction is kept to improve the model, and for nothing else.",
    "Kept are: the small picture of the face that the model saw, the model's name, its checksum "
    "and all of its probabilities, the detector that found the face, how large and sharp the face "
    "was and why the answer was unreliable if it was, your answer, the page that it came from, the "
    "time, and the version of this text.",
    "A larger picture of the face is kept only if you tick its box.",
    "Never kept are: the whole photo, a file's name, your name, and your address.",
    "The pictures show a face that others may recognise. Keep a correction only if that face is "
    "yours, or that person agrees.",
    "People who look after this app see what you keep, accept or reject it, and may train models "
    "with it.",
    "You get a random key. With it you can list, download and delete all that you kept, at any "
    "time. Without it nobody can tell which corrections are yours.",
)
"""The sentences of the consent text; the page adds how long corrections are kept."""


VERSION = hashlib.sha256("\n".join(TEXT).encode()).hexdigest()[:12]
"""Which text a correction is kept under now."""


def retention(days: int | None) -> str:
    """For how long corrections are kept, in a sentence."""
    if days is None:
        return "Corrections are kept until they are deleted."
    return f"Corrections are deleted after {days:,} {'day' if days == 1 else 'days'}."


def kept(correction: Correction) -> dict[str, str]:
    """What is kept of a correction beside its pictures, for the person to read before that."""
    shares = zip(correction.labels, correction.probabilities, strict=True)
    size = "unknown" if correction.side_px is None else f"{correction.side_px:.0f} px"
    sharp = "unknown" if correction.sharpness is None else f"{correction.sharpness:.2f}"
    return {
        "Your answer": in_words(correction.verdict),
        "Model": correction.model,
        "Its checksum": correction.model_sha256,
        "Its probabilities": ", ".join(f"{label} {percent(share)}" for label, share in shares),
        "Detector": detector_name(correction.detector) or "none",
        "Size of the face": size,
        "Sharpness": sharp,
        "Unreliable": correction.unreliable_because or "no",
        "Time": f"{correction.created:%Y-%m-%d %H:%M} {correction.created.tzname()}",
        "Version of the consent text": correction.consent,
    }
