"""Facial emotion recognition that one can run, train and check on one's own machine.

>>> import fer
>>> fer.predict_emotion("photo.jpg")                     # doctest: +SKIP
'happy'
"""

from typing import TYPE_CHECKING, Any

from fer import settings
from fer.importing import extras

__version__ = settings.VERSION

__all__ = [
    "Predictor",
    "adopt",
    "calibrate",
    "evaluate",
    "export",
    "load_dataset",
    "predict_emotion",
    "save",
    "train",
]

_HOMES = {
    "Predictor": "fer.inference.predictor",
    "adopt": "fer.models.formats",
    "calibrate": "fer.api",
    "evaluate": "fer.api",
    "export": "fer.api",
    "load_dataset": "fer.data",
    "predict_emotion": "fer.api",
    "save": "fer.models.formats",
    "train": "fer.api",
}

if TYPE_CHECKING:
    from fer.api import calibrate, evaluate, export, predict_emotion, train
    from fer.data import load_dataset
    from fer.inference.predictor import Predictor
    from fer.models.formats import adopt, save


def __getattr__(name: str) -> Any:
    # Imported on first use: pandas, scikit-learn and TensorFlow take seconds to load.
    if name not in _HOMES:
        raise AttributeError(f"module 'fer' has no attribute '{name}'")
    from importlib import import_module

    with extras():
        return getattr(import_module(_HOMES[name]), name)
