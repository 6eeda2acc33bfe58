"""The settings of the page: model, detector, and which faces and answers count."""

import logging

import streamlit as st

from fer.errors import DetectorError
from fer.faces import detection, yunet_file
from fer.models import list_models
from fer.people import Action, may
from fer.wording import detector_name
from pages.common import errors
from pages.common.model_choice import DETECTORS, choose_model, default_key
from pages.predict import keys
from pages.predict.analysis import Options
from pages.predict.kept import kept_photos

_KEPT = (keys.MODEL, default_key(keys.MODEL), keys.DETECTOR, keys.MIN_FACE, keys.UNSURE, keys.WHOLE)

_log = logging.getLogger(__name__)


def choose_settings() -> tuple[str, str, Options, float]:
    """Model, detector, how to analyse, and the confidence, 0–1, below which one is not sure."""
    _restore()
    model, detector = choose_model(keys.MODEL, keys.DETECTOR, detectors=DETECTORS)
    if detector != "none":
        name = detector_name(detection.in_use(detector))
        st.caption(f"Detector in use: **{name}**")
        offer_yunet()
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
    kept_photos().settings = {key: st.session_state[key] for key in _KEPT}
    return model, detector, Options(whole, min_face_px), unsure / 100


def _restore() -> None:
    """After a reload, begin with the settings from before."""
    before = kept_photos().settings
    if before.get(keys.MODEL) not in list_models():
        return
    for key, value in before.items():
        st.session_state.setdefault(key, value)


def offer_yunet() -> None:
    """Offer to add YuNet where it is missing, by download or from a file."""
    if yunet_file.yunet_path().is_file() or not may(Action.MANAGE_MODELS):
        return
    st.caption("YuNet finds more faces than MTCNN and is faster. It is one file of 0.2 MB.")
    if st.button("Download YuNet", icon=":material/download:"):
        try:
            with st.spinner("Downloading"):
                yunet_file.download()
        except DetectorError as error:
            _log.warning("%s", error)
            st.error(
                f"The download failed. [Download the file]({yunet_file.YUNET_URL}) with your "
                "browser, then add it below.",
                icon=":material/error:",
            )
        else:
            st.rerun()
    file = st.file_uploader("Or add YuNet's file (.onnx)", key=keys.YUNET, max_upload_size=10)
    if file is not None:
        errors.attempt(lambda: yunet_file.install_bytes(file.getvalue(), file.name))
