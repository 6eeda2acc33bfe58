"""Corrections of drawn faces, and the Feedback page that shows them."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
from streamlit.testing.v1 import AppTest

from fer.data.synthetic import draw_face
from fer.feedback.records import Correction
from fer.feedback.store import Store, open_store
from pages.feedback.opened import PUBLISHER

Keep = Callable[..., str]


@pytest.fixture
def store(own_home: Path) -> Iterator[Store]:
    yield open_store()
    for thread in threading.enumerate():  # or it would write into the next test's home
        if thread.name == PUBLISHER:
            thread.join(60)


@pytest.fixture
def keep(store: Store, make_correction: Callable[..., Correction]) -> Keep:
    """Keep a correction of a drawn face, and give its id."""

    def keep(seed: int, **given: Any) -> str:
        usual = {
            "contributor": "a" * 32, "labels": ("happy", "sad", "surprise"),
            "probabilities": (0.2, 0.1, 0.7),
            "crop": cv2.imencode(".png", draw_face("happy", seed=seed, size=48))[1].tobytes(),
        }  # fmt: skip
        correction = make_correction(seed, **(usual | given))
        assert store.keep(correction)
        return correction.id

    return keep


@pytest.fixture
def feedback_page(app: AppTest, own_home: Path) -> Callable[..., AppTest]:
    """Draw the page, perhaps with values in the session state and some corrections chosen."""

    def draw(**state: Any) -> AppTest:
        app.run()
        app.switch_page("pages/feedback/page.py")
        chosen = state.pop("chosen", None)
        for key, value in state.items():
            app.session_state[key.replace("__", ".")] = value
        app.run()
        if chosen is not None:  # among what was shown before
            app.session_state["feedback.chosen"] = chosen
            app.run()
        assert not app.exception
        return app

    return draw
