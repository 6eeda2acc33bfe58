"""Loaded predictors, shared by every session of the server."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import streamlit as st
from PIL import Image

from fer import settings
from fer.data.synthetic import draw_face
from fer.importing import one_at_a_time
from fer.inference.predictor import Predictor, files_made
from pages.common.cache import Work

DEFAULT_DETECTOR = "auto"
SPINNER = "Loading the model. Once per server start, a few seconds."

# Blocks of 16 MB, which Pillow keeps from one photo to the next. It would otherwise ask the system
# for others, and to clear them takes as long as to decode a photo into them.
Image.core.set_blocks_max(3)  # type: ignore[attr-defined]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # or it reports every missing GPU


@contextmanager
def _importing() -> Iterator[None]:
    """Hold while something may import Keras.

    Streamlit clears Keras' session and collects garbage after every run of a page where Keras is
    loaded. That takes 0.2 s, pulls names from under a thread that builds a network, and frees
    nothing here, where no page leaves a graph behind. So it is disabled, and what the
    imports made is set aside from collection.
    """
    with one_at_a_time():
        yield
        keras = sys.modules.get("keras")
        if keras and keras.backend.clear_session is not _nothing:
            keras.backend.clear_session = _nothing
            gc.freeze()


def _nothing() -> None:
    """Replaces Keras' `clear_session`."""


def import_keras() -> None:
    """Import Keras and its backend."""
    with _importing():
        import keras  # noqa: F401


def warm_up() -> None:
    """Start loading the default predictor in the background, once in a server's life."""
    model = settings.default_model()
    _loading(model, DEFAULT_DETECTOR, files_made(model))


def loading(model: str, detector: str) -> Work[Predictor]:
    """The predictor, which may still be on its way; one that failed is loaded again."""
    return _loading(model, detector, files_made(model))


def predictor(model: str, detector: str) -> Predictor:
    """The predictor, with a spinner on the page while it is being loaded.

    Raises:
        FerError: If the model or the detector cannot be loaded; the next call tries again.
    """
    return loading(model, detector).result(SPINNER)


@st.cache_resource(max_entries=3, show_spinner=False, validate=Work.is_usable)
def _loading(model: str, detector: str, made: tuple[int, ...]) -> Work[Predictor]:
    def load(_: object) -> Predictor:
        with _importing():
            loaded = Predictor.load(model, detector=detector)
        # The first face compiles the detector and the network.
        loaded.predict(draw_face("happy", seed=0, size=192), whole_if_no_face=True)
        # For Grad-CAM, which a visitor may want next.
        Thread(target=import_keras, daemon=True).start()
        return loaded

    return Work(load)
