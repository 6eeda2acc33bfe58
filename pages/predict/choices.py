"""The settings of this page."""

from dataclasses import dataclass

import streamlit as st

from pages.common.model_choice import DETECTORS, choose_model
from pages.predict import keys


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The visitor's settings.

    Attributes:
        model: A model's name.
        detector: A detector's name, or `none`.
        min_face_px: Smaller faces are skipped.
        unsure_below: Confidence, 0–1, below which the answer is "not sure".
        whole: Whether a photo without a detected face is treated as one face.
    """

    model: str
    detector: str
    min_face_px: int
    unsure_below: float
    whole: bool


def choose_settings() -> Choices:
    with st.popover("Settings", icon=":material/tune:"):
        model, detector = choose_model(keys.MODEL, keys.DETECTOR, detectors=list(DETECTORS))
        min_face_px = st.number_input(
            "Skip faces smaller than (px)",
            12, 1000, 12, step=4, key=keys.MIN_FACE, persist_state="session",
        )  # fmt: skip
        unsure = st.slider(
            "Show “not sure” below this confidence (%)",
            0, 100, 40, step=5, key=keys.UNSURE, persist_state="session",
        )  # fmt: skip
        whole = st.toggle(
            "If no face is found, treat the whole photo as one face",
            key=keys.WHOLE,
            persist_state="session",
            help="For photos that are cropped to a face, as in FER-2013.",
        )
    return Choices(
        model=model, detector=detector, min_face_px=min_face_px, unsure_below=unsure / 100,
        whole=whole,
    )  # fmt: skip
