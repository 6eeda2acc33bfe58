"""Facial emotion recognition that you can run, train and check on your own machine.

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

_OUTSIDE_API = {
    "Predictor": "fer.inference.predictor",
    "adopt": "fer.models.formats",
    "load_dataset": "fer.data",
    "save": "fer.models.formats",
}

if TYPE_CHECKING:
    from fer.api import calibrate, evaluate, export, predict_emotion, train
    from fer.data import load_dataset
    from fer.inference.predictor import Predictor
    from fer.models.formats import adopt, save


def __getattr__(name: str) -> Any:
    # Imported on first use: pandas, scikit-learn and TensorFlow take seconds to load.
    if name not in __all__:
        raise AttributeError(f"module 'fer' has no attribute '{name}'")
    from importlib import import_module

    with extras():
        return getattr(import_module(_OUTSIDE_API.get(name, "fer.api")), name)
