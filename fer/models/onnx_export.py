"""From a Keras network to ONNX, which ONNX Runtime and many other programs run."""

import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fer.importing import require
from fer.models.card import ModelCard

if TYPE_CHECKING:
    import keras

_NEEDED = ("onnx", "onnxruntime", "tf2onnx")


def is_installed() -> bool:
    """Whether the packages of the extra are installed."""
    return all(find_spec(package) for package in _NEEDED)


def convert(network: "keras.Model", card: ModelCard) -> bytes:
    """A Keras network as the content of an ONNX file, whose metadata hold the card's contract.

    Args:
        network: From uint8 (n, height, width, channels) to probabilities.
        card: The model's.

    Raises:
        MissingPackageError: If a package of the extra is not installed.
    """
    for package in _NEEDED:
        require(package)
    import keras
    import onnx

    from fer.models.onnx_graph import FACES, described, wrapped

    faces = keras.layers.Input(card.shape, dtype="uint8", name=FACES)
    # A trained network may have been put together in training mode; Keras would export that.
    answering = keras.Model(faces, network(faces, training=False))
    answering(np.zeros((1, *card.shape), np.uint8))  # Keras exports only what was called
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras patches tf2onnx for NumPy 2 by deprecated names
        file = Path(folder) / "network.onnx"
        answering.export(file, format="onnx", verbose=False)
        exported = onnx.load(file)

    def unchanged(_: object, values: str) -> str:
        return values

    named = wrapped(
        exported, front=unchanged, behind=unchanged, shape=card.shape, classes=len(card.labels)
    )
    return described(named, card)
