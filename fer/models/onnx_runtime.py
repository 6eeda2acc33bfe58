"""ONNX Runtime: a network without Keras and TensorFlow, as other frameworks export it."""

from pathlib import Path

import numpy as np

from fer.errors import ModelError
from fer.importing import extras
from fer.models.litert import check_answers


class Network:
    """An ONNX file that keeps the contract, ready to be called from several threads.

    Args:
        content: Of the file, which may be replaced under a running server.
        path: Of the file, for messages.

    Attributes:
        input_shape: Height, width and channels.
        classes: Number of outputs.

    Raises:
        MissingPackageError: If the runtime is not installed.
        ModelError: If the file is damaged, or does not go from faces to one number a class.
    """

    def __init__(self, content: bytes, path: Path) -> None:
        with extras():
            import onnxruntime
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what is wrong comes as an exception
        # Threads that wait for work sleep: a camera's worker leaves the processor to others.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its exceptions share no class of their own
            raise ModelError(f"'{path}' cannot be loaded by ONNX Runtime: {error}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        takes = [(one.type, len(one.shape)) for one in inputs]
        if takes != [("tensor(uint8)", 4)] or [len(one.shape) for one in outputs] != [2]:
            raised = ModelError(
                f"'{path}' does not go from uint8 faces (n, height, width, channels) to "
                "probabilities (n, classes). Add it as a network from elsewhere."
            )
            raised.add_note("To make a model of it: python -m fer adopt")
            raise raised
        self._input = inputs[0].name
        self.input_shape = tuple(inputs[0].shape[1:])
        self.classes = outputs[0].shape[1]
        self._path = path

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """uint8 (n, height, width, channels) → probabilities (n, classes), float32.

        Raises:
            ModelError: If the file is damaged in a way that only shows now.
        """
        try:
            probabilities: np.ndarray = self._session.run(None, {self._input: faces})[0]
        except Exception as error:  # its exceptions share no class of their own
            raise ModelError(f"'{self._path}' cannot be run by ONNX Runtime: {error}") from error
        check_answers(probabilities, len(faces), self.classes, self._path)
        return probabilities
