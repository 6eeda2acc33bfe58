"""LiteRT, the small runtime of phones and single-board computers: a network without TensorFlow.

A network in float32 answers as the original does; in int8, weights and activations take a quarter
of the room, and the answers move a little (Jacob et al. 2018, arXiv:1712.05877).
"""

import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from fer.errors import ArtefactError

if TYPE_CHECKING:
    import keras

FILES = {"litert": "model.tflite", "litert-int8": "model.int8.tflite"}
"""The forms, with their file inside an artefact's folder."""


def is_installed() -> bool:
    """Whether the runtime is there."""
    return find_spec("ai_edge_litert") is not None


def convert(model: "keras.Model", faces: np.ndarray) -> dict[str, bytes]:
    """A Keras network as LiteRT files, by form. Needs TensorFlow.

    Args:
        model: From uint8 (n, height, width, channels) to probabilities.
        faces: Some hundred training faces in the network's shape, uint8; they set the ranges of
            the int8 activations.
    """
    import tensorflow as tf

    def examples() -> Iterator[list[np.ndarray]]:
        for face in faces:
            yield [face[None]]

    default = [tf.lite.Optimize.DEFAULT]
    return {
        "litert": _exported(model),
        "litert-int8": _exported(model, optimizations=default, representative_dataset=examples),
    }


def _exported(model: "keras.Model", **options: object) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.tflite"
        model.export(str(file), format="litert", verbose=False, **options)
        return file.read_bytes()


class Network:
    """A LiteRT file, ready to be called; one caller at a time, the others wait.

    Args:
        path: The file.

    Raises:
        ArtefactError: If the runtime is not installed, or the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        if not is_installed():
            raise ArtefactError(
                f"'{path}' needs the package ai-edge-litert, which is not installed. Install it "
                "with `pip install ai-edge-litert`, or use the form 'keras'."
            )
        from ai_edge_litert.interpreter import Interpreter

        self._lock = Lock()
        try:
            # From memory, so that the file may be replaced under a running server.
            self._interpreter = Interpreter(model_content=path.read_bytes())
            self._interpreter.allocate_tensors()
        except (OSError, ValueError, RuntimeError) as error:
            raise ArtefactError(f"'{path}' cannot be loaded by LiteRT: {error}") from error
        [self._input] = self._interpreter.get_input_details()
        [self._output] = self._interpreter.get_output_details()
        self._faces = 1

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Height, width and channels."""
        return tuple(int(side) for side in self._input["shape"][1:])

    @property
    def classes(self) -> int:
        """Number of outputs."""
        return int(self._output["shape"][-1])

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """uint8 (n, height, width, channels) → probabilities (n, classes), float32."""
        with self._lock:
            if len(faces) != self._faces:
                self._interpreter.resize_tensor_input(self._input["index"], faces.shape)
                self._interpreter.allocate_tensors()
                self._faces = len(faces)
            self._interpreter.set_tensor(self._input["index"], faces)
            self._interpreter.invoke()
            found: np.ndarray = self._interpreter.get_tensor(self._output["index"])
            return found
