"""LiteRT, the small runtime of phones and single-board computers: a network without TensorFlow.

The float32 form answers as the original does. In the int8 form, weights and activations take a
quarter of the space, and the probabilities change a little (Jacob et al. 2018, arXiv:1712.05877).
"""

import tempfile
from collections import deque
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer.errors import ModelError

if TYPE_CHECKING:
    import keras


def is_installed() -> bool:
    """Whether the runtime is installed."""
    return find_spec("ai_edge_litert") is not None


def convert(network: "keras.Model", faces: np.ndarray) -> dict[str, bytes]:
    """A Keras network as LiteRT files, by form. Needs TensorFlow.

    Args:
        network: From uint8 (n, height, width, channels) to probabilities.
        faces: A few hundred training faces in the network's shape, uint8; they set the ranges of
            the int8 activations.
    """
    import tensorflow as tf

    def examples() -> Iterator[list[np.ndarray]]:
        for face in faces:
            yield [face[None]]

    default = [tf.lite.Optimize.DEFAULT]
    return {
        "litert": exported(network),
        "litert-int8": exported(network, optimizations=default, representative_dataset=examples),
    }


def exported(network: "keras.Model", **options: object) -> bytes:
    """A Keras network as a LiteRT file; the options are those of `tf.lite.TFLiteConverter`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.tflite"
        network.export(str(file), format="litert", verbose=False, **options)
        return file.read_bytes()


class Network:
    """A LiteRT file, ready to be called from several threads.

    Args:
        content: Of the file, which may be replaced under a running server.
        path: Of the file, for messages.

    Attributes:
        input_shape: Height, width and channels.
        classes: Number of outputs.

    Raises:
        ModelError: If the runtime is not installed, or the file is damaged.
    """

    def __init__(self, content: bytes, path: Path) -> None:
        if not is_installed():
            raise ModelError(
                f"'{path}' needs the package ai-edge-litert, which is not installed. Install it "
                "with `pip install ai-edge-litert`, or use the form 'keras'."
            )
        try:
            self._content = content
            first = self._new_interpreter()
            [given], [made] = first.get_input_details(), first.get_output_details()
            self._input, self._output = given["index"], made["index"]
            self.input_shape = tuple(map(int, given["shape"][1:]))
            self.classes = int(made["shape"][-1])
        except (IndexError, ValueError, RuntimeError) as error:
            raise ModelError(f"'{path}' cannot be loaded by LiteRT: {error}") from error
        self._path = path
        # An interpreter serves one caller at a time, so there are as many as concurrent callers.
        self._free = deque([first])

    def _new_interpreter(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_content=self._content)
        interpreter.allocate_tensors()
        return interpreter

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """uint8 (n, height, width, channels) → probabilities (n, classes), float32.

        Raises:
            ModelError: If the file is damaged in a way that only shows now.
        """
        try:
            interpreter = self._free.pop()
        except IndexError:
            interpreter = self._new_interpreter()
        try:
            if interpreter.get_input_details()[0]["shape"][0] != len(faces):
                interpreter.resize_tensor_input(self._input, faces.shape)
                interpreter.allocate_tensors()
            interpreter.set_tensor(self._input, faces)
            interpreter.invoke()
            probabilities: np.ndarray = interpreter.get_tensor(self._output)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"'{self._path}' cannot be run by LiteRT: {error}") from error
        check_answers(probabilities, len(faces), self.classes, self._path)
        self._free.append(interpreter)
        return probabilities


def check_answers(probabilities: np.ndarray, faces: int, classes: int, path: Path) -> None:
    """Raise a ModelError if a file does not give one probability a class for each face."""
    if probabilities.shape != (faces, classes) or probabilities.dtype != np.float32:
        raise ModelError(
            f"'{path}' gives {probabilities.dtype} of shape {probabilities.shape}; expected "
            f"float32 of shape {(faces, classes)}, a probability a class for each face."
        )
