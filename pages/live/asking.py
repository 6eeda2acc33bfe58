"""The question whether the model is right about a snapshot."""

import streamlit as st

from fer.errors import FerError
from fer.feedback.asking import Question
from fer.images import decode
from fer.inference.answer import PhotoPrediction
from fer.inference.predictor import Predictor
from fer.people import Action, may
from pages.common import errors
from pages.common.asking.question import Answers, Asked, ask
from pages.live import keys


def ask_about_snapshot(snapshot: bytes, predictor: Predictor) -> None:
    """Ask, on demand, about each face: the snapshot is then looked at as a photo."""
    if not may(Action.CORRECT):
        return
    with st.expander(
        "Was this right?", icon=":material/rate_review:", key=keys.ASKED, on_change="rerun"
    ) as asked:
        if not asked.open:
            return
        try:
            photo = _prediction(snapshot, predictor)
        except FerError as error:
            errors.show(error)
            return
        if not photo.faces:
            st.caption("No face was found on the snapshot. Take another one.")
            return
        answers: Answers = st.session_state.setdefault(keys.ANSWERS, {})
        made_with = snapshot, predictor.card.model_sha256, photo.detector
        key = f"{keys.ASKED}.{hash(made_with)}"
        faces = [
            Asked(
                place=(key, face.number),
                name=f"Face {face.number}" if len(photo.faces) > 1 else "On the snapshot",
                question=Question(
                    face=face, card=predictor.card, detector=photo.detector, source="live",
                    read_photo=lambda: decode(snapshot),
                ),
            )
            for face in photo.faces
        ]  # fmt: skip
        ask(faces, answers, key=key)


def _prediction(snapshot: bytes, predictor: Predictor) -> PhotoPrediction:
    """The faces of the snapshot, which are found once."""
    made_of = hash(snapshot), predictor
    known: tuple[object, PhotoPrediction] | None = st.session_state.get(keys.PREDICTION)
    if known is None or known[0] != made_of:
        known = made_of, predictor.predict(snapshot)
        st.session_state[keys.PREDICTION] = known
    return known[1]
