from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.common.asking.keeping import KEEP


def ask_about_one_face() -> None:
    """Ask about one face, whose model and answer stand in the session state."""
    import numpy as np
    import streamlit as st

    from fer.faces.quality import Quality
    from fer.feedback.asking import Question
    from fer.inference.answer import FacePrediction
    from fer.models.card import ModelCard
    from pages.common.asking.question import Asked, ask

    labels = ("happy", "sad", "fear")
    model, emotion = st.session_state.setdefault("model", "A"), st.session_state.emotion
    card = ModelCard(
        name=model, labels=labels, height=48, width=48, channels=1, framing={},
        data={}, model_sha256=model,
    )  # fmt: skip
    face = FacePrediction(
        number=1, box=(0, 0, 48, 48), score=None, crop=np.zeros((48, 48, 1), np.uint8),
        probabilities={label: 0.8 if label == emotion else 0.1 for label in labels},
        quality=Quality(side_px=48, tilt_deg=None, turn=None, sharpness=1.0, brightness=128.0),
    )  # fmt: skip
    question = Question(
        face=face, card=card, detector="none", source="predict", read_photo=lambda: face.crop
    )
    answers = st.session_state.setdefault("answers", {})
    ask([Asked(place=("photo", 1), question=question)], answers, key="test")


def asked_by(app: AppTest, model: str, emotion: str) -> AppTest:
    app.session_state["model"], app.session_state["emotion"] = model, emotion
    app.run()
    assert not app.exception
    return app


def chosen(app: AppTest) -> list[Any]:
    return [pills.value for pills in app.button_group]


def choose(app: AppTest, answer: str) -> None:
    app.button_group[-1].set_value(answer).run()


def answer_of(app: AppTest) -> str | None:
    answer: str | None = app.session_state["answers"][("photo", 1)]
    return answer


def test_yes_to_one_model_is_no_yes_to_another_that_answers_otherwise() -> None:
    app = asked_by(AppTest.from_function(ask_about_one_face), "A", "happy")
    choose(app, "Yes")
    assert answer_of(app) == "happy"
    asked_by(app, "B", "sad")
    assert (chosen(app), answer_of(app)) == (["No", "happy"], "happy")
    asked_by(app, "A", "happy")
    assert (chosen(app), answer_of(app)) == (["Yes"], "happy")


def test_no_to_one_model_is_no_answer_to_another() -> None:
    app = asked_by(AppTest.from_function(ask_about_one_face), "A", "happy")
    choose(app, "No")
    asked_by(app, "B", "sad")
    assert (chosen(app), answer_of(app)) == ([None], None)


def test_where_the_days_are_impossible_nothing_is_offered_to_keep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FER_FEEDBACK_DAYS", "a year")
    app = asked_by(AppTest.from_function(ask_about_one_face), "A", "happy")
    choose(app, "Yes")
    assert not app.exception
    assert "cannot be reached" in app.warning[0].value
    assert KEEP not in [button.label for button in app.button]
