import numpy as np
from streamlit.testing.v1 import AppTest

from fer import emotions
from fer.faces.quality import TOO_BLURRED, Quality
from fer.inference.answer import FacePrediction


def cards() -> None:
    import streamlit as st

    from pages.predict.cards import face_cards

    face_cards(st.session_state.faces, st.session_state.heats)


def test_a_blurred_face_has_its_reason_on_its_card_and_neither_emotion_nor_share() -> None:
    page = AppTest.from_function(cards)
    page.session_state.faces = [FACE, BLURRED]
    page.session_state.heats = []
    [html] = page.run().html
    sure, blurred = html.value.split("<section")[1:]
    assert "90 % confidence" in sure
    assert "Too blurred to say" in blurred
    assert "sharper photo" in blurred
    for word in ("happy", "90 %", "fer-bars", emotions.describe("happy").color):
        assert word in sure
        assert word not in blurred


FACE = FacePrediction(
    number=1,
    box=(1, 2, 60, 60),
    score=0.9,
    quality=Quality(side_px=60, tilt_deg=None, turn=None, sharpness=0.5, brightness=128.0),
    probabilities={"happy": 0.9, "sad": 0.1},
    crop=np.zeros((48, 48, 1), np.uint8),
)
BLURRED = FacePrediction(**{**vars(FACE), "unreliable_because": TOO_BLURRED})
