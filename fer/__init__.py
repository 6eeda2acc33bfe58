"""Facial emotion recognition that you can run, train and check on your own machine.

>>> import fer
>>> fer.predict_emotion("photo.jpg")                     # doctest: +SKIP
'happy'
"""

from typing import TYPE_CHECKING, Any

from fer import settings
from fer.importing import extras, require

__version__ = settings.VERSION

__all__ = [
    "Dataset",
    "Predictor",
    "adopt",
    "calibrate",
    "check_contract",
    "evaluate",
    "export",
    "load_dataset",
    "predict_emotion",
    "save",
    "search_contract",
    "train",
]

_OUTSIDE_API = {
    "Dataset": "fer.data",
    "Predictor": "fer.inference.predictor",
    "adopt": "fer.models.adoption",
    "check_contract": "fer.evaluation.contract_search",
    "load_dataset": "fer.data",
    "predict_emotion": "fer.inference.predictor",
    "save": "fer.evaluation.saving",
    "search_contract": "fer.evaluation.contract_search",
}

if TYPE_CHECKING:
    from fer.api import calibrate, evaluate, export, train
    from fer.data import Dataset, load_dataset
    from fer.evaluation.contract_search import check_contract, search_contract
    from fer.evaluation.saving import save
    from fer.inference.predictor import Predictor, predict_emotion
    from fer.models.adoption import adopt


def __getattr__(name: str) -> Any:
    # Imported on first use: pandas, scikit-learn and TensorFlow take seconds to load.
    if name not in __all__:
        raise AttributeError(f"module 'fer' has no attribute '{name}'")
    from importlib import import_module

    if name == "train":
        require("keras")  # first, because its extra brings the other packages, too
    with extras():
        return getattr(import_module(_OUTSIDE_API.get(name, "fer.api")), name)
