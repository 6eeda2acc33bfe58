from dataclasses import replace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from fer.errors import FeedbackError
from fer.faces.quality import Quality
from fer.feedback import consent
from fer.feedback.asking import LARGER_CROP_PX, Question, larger_crop
from fer.feedback.records import in_words
from fer.images import decode
from fer.inference.answer import FacePrediction
from fer.models.card import ModelCard
from fer.models.model import Model

CROP = np.random.default_rng(0).integers(0, 256, (24, 24, 1), dtype=np.uint8)
FACE = FacePrediction(
    number=1,
    box=(100, 80, 40, 60),
    score=0.9,
    quality=Quality(side_px=40, tilt_deg=None, turn=None, sharpness=0.5, brightness=128.0),
    probabilities={},
    crop=CROP,
)
PHOTO = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)


def unread() -> np.ndarray:
    pytest.fail("The photo was read although nobody wants a larger crop.")


@pytest.fixture
def card(tiny_model: Model) -> ModelCard:
    return replace(tiny_model.card, model_sha256="ab" * 32)


def question_of(card: ModelCard, **changes: Any) -> Question:
    shares = np.linspace(1, 2, len(card.labels))
    shares = dict(zip(card.labels, (shares / shares.sum()).tolist(), strict=True))
    face = replace(FACE, probabilities=shares, **changes)
    return Question(face=face, card=card, detector="yunet", source="live", read_photo=unread)


def correction_of(question: Question, **more: Any) -> Any:
    given = {"verdict": "several", "id": str(uuid4()), "contributor": "somebody"}
    return question.correction(**(given | more))


def test_a_correction_holds_the_exact_pixels_that_the_network_saw(card: ModelCard) -> None:
    correction = correction_of(question_of(card))
    assert np.array_equal(decode(correction.crop), np.repeat(CROP, 3, axis=2))


def test_a_correction_holds_the_whole_answer_its_model_and_the_text_that_was_agreed_to(
    card: ModelCard,
) -> None:
    question = question_of(card)
    correction = correction_of(question, verdict=card.labels[0])
    assert correction.verdict == card.labels[0]
    assert correction.labels == card.labels
    assert correction.probabilities == tuple(question.face.probabilities.values())
    assert (correction.model, correction.model_sha256) == ("tiny", "ab" * 32)
    assert (correction.detector, correction.side_px, correction.sharpness) == ("yunet", 40, 0.5)
    assert (correction.source, correction.consent) == ("live", consent.VERSION)


def test_the_photo_is_not_touched_unless_the_larger_crop_is_wanted(card: ModelCard) -> None:
    assert correction_of(question_of(card)).larger_crop is None  # `unread` would fail


def test_the_larger_crop_is_the_face_with_half_its_size_around_it(card: ModelCard) -> None:
    question = replace(question_of(card), read_photo=lambda: PHOTO)
    correction = correction_of(question, with_larger_crop=True)
    assert np.array_equal(decode(correction.larger_crop), PHOTO[50:170, 80:160])


def test_a_larger_crop_ends_with_the_photo_and_is_shrunk() -> None:
    big = np.zeros((900, 900, 3), np.uint8)
    assert larger_crop(big, (0, 0, 600, 600)).shape == (LARGER_CROP_PX, LARGER_CROP_PX, 3)
    assert larger_crop(PHOTO, (-10, 280, 40, 40)).shape == (40, 50, 3)


def test_a_photo_that_is_one_face_is_never_kept_as_its_larger_crop(card: ModelCard) -> None:
    question = replace(question_of(card, score=None), read_photo=lambda: PHOTO)
    correction = correction_of(question, with_larger_crop=True)
    assert not question.has_larger_crop
    assert correction.larger_crop is None
    assert correction.detector == ""


def test_an_answer_that_is_not_offered_is_refused(card: ModelCard) -> None:
    with pytest.raises(FeedbackError, match="its verdict is 'bored'"):
        correction_of(question_of(card), verdict="bored")


def test_the_same_face_is_another_question_only_for_another_model(card: ModelCard) -> None:
    question = question_of(card)
    again = question_of(card, number=7)
    other_model = question_of(replace(card, model_sha256="cd" * 32))
    other_face = question_of(card, crop=255 - CROP)
    assert question.identity == again.identity
    assert len({one.identity for one in (question, other_model, other_face)}) == 3


def test_verdicts_are_read_as_words() -> None:
    assert [in_words(one) for one in ("sad", "several", "not_a_face", "cannot_tell", "")] == [
        "sad", "several emotions", "not a face", "can’t tell", "",
    ]  # fmt: skip
