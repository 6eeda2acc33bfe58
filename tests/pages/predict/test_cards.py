import numpy as np

from fer import emotions
from fer.faces.quality import TOO_BLURRED, Quality
from fer.inference.answer import FacePrediction
from pages.predict.cards import cards_html


def test_a_blurred_face_has_its_reason_on_its_card_and_neither_emotion_nor_share() -> None:
    sure, blurred = cards_html([FACE, BLURRED]).split("<section")[1:]
    assert "90% confidence" in sure
    assert "Too blurred to say" in blurred
    assert "sharper photo" in blurred
    for word in ("happy", "90%", "fer-bars", emotions.describe("happy").color):
        assert word in sure
        assert word not in blurred


def test_what_the_thumbnails_show_can_be_read_without_a_mouse() -> None:
    heat = np.zeros((48, 48, 3), np.uint8)
    [card] = cards_html([FACE], {1: heat}).split("<section")[1:]
    assert "<figcaption>What the network saw</figcaption>" in card
    assert "<figcaption>Bright: what counted for happy</figcaption>" in card
    assert "title=" not in card


def test_a_heat_map_has_its_place_before_it_comes_and_none_where_the_model_has_none() -> None:
    assert cards_html([FACE]).count("<figure") == 2
    assert cards_html([FACE], {}).count("<figure") == 1
    assert cards_html([BLURRED]).count("<figure") == 1


def test_below_the_threshold_the_answer_is_not_sure() -> None:
    html = cards_html([FACE], unsure_below=0.95)
    assert "Not sure" in html
    assert "90% for happy" in html


FACE = FacePrediction(
    number=1,
    box=(1, 2, 60, 60),
    score=0.9,
    quality=Quality(side_px=60, tilt_deg=None, turn=None, sharpness=0.5, brightness=128.0),
    probabilities={"happy": 0.9, "sad": 0.1},
    crop=np.zeros((48, 48, 1), np.uint8),
)
BLURRED = FacePrediction(**{**vars(FACE), "unreliable_because": TOO_BLURRED})
