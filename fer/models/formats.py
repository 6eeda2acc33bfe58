"""A model's network as a file for other programs, and what that file answers."""

from dataclasses import replace
from pathlib import Path

from fer.errors import ModelError
from fer.files import way_out, write_bytes
from fer.importing import extras
from fer.models import keras_files, onnx_export, onnx_runtime, phone_file
from fer.models.folder import FORMS
from fer.models.model import Model
from fer.nets.forward import Forward

SUFFIXES = (*keras_files.SUFFIXES, ".onnx", ".tflite")
"""Files that are written; beside `name.json` lies `name.weights.h5`."""


def check_suffix(path: Path) -> None:
    """Raise a ModelError if no file that is written has that suffix."""
    if path.suffix not in SUFFIXES:
        raise ModelError(f"'{path.name}' ends in '{path.suffix}'; expected {', '.join(SUFFIXES)}.")


@extras()
def write(model: Model, folder: Path, path: Path) -> list[Path]:
    """Write a model's network: `.keras`, `.h5`, `.json` with its weights, `.onnx`, or `.tflite`.

    The last one is for apps: RGB in, calibrated probabilities out (`fer.models.phone_file`).

    Args:
        model: The model, in its original form.
        folder: Its folder.
        path: The file to write; its suffix selects the format.

    Returns:
        The files written.

    Raises:
        FerError: If the model has no such form, or the file cannot be written.
    """
    check_suffix(path)
    if path.suffix in keras_files.SUFFIXES:
        return keras_files.write_network(model.network, path)
    is_onnx = path.suffix == ".onnx"
    try:
        if not is_onnx:
            content = phone_file.convert(model.network, model.card)  # by way of temporary files
        elif model.card.original != "onnx":
            content = onnx_export.convert(model.network, model.card)
        else:
            import onnx

            from fer.models.onnx_graph import described

            content = described(onnx.load(folder / FORMS["onnx"]), model.card)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
    except OSError as error:
        raise ModelError(
            f"The network cannot be written to '{path}': {error}. {way_out(error)}, or choose "
            "another folder."
        ) from error
    return [path]


def read(path: Path, model: Model) -> Model:
    """A file that `write` made of a model, as a model that only answers.

    Raises:
        FerError: If it cannot be read.
    """
    if path.suffix in keras_files.SUFFIXES:
        return Model.of(keras_files.read_network(path), replace(model.card, model_sha256=""))
    content = path.read_bytes()
    forward: Forward
    if path.suffix == ".onnx":
        forward = onnx_runtime.Network(content, path)
    else:
        forward = phone_file.forward_of(content, path, model.card)
    card = replace(model.card, model_sha256="", original="onnx")
    return Model(card=card, forward=forward, open_network=model.open_network, form="onnx")
