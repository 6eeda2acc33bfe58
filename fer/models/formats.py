"""Networks in the formats of other programs: `.keras`, `.h5`, and JSON with weights."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fer.errors import ModelError
from fer.faces.alignment import FER2013_FRAMING
from fer.files import replace_file, replace_path
from fer.importing import extras
from fer.models import folder as folders
from fer.models.card import ModelCard, facts_of
from fer.models.loading import load

if TYPE_CHECKING:
    import keras

SUFFIXES = (".keras", ".h5", ".json")
"""Formats that are written and read; beside `name.json` lies `name.weights.h5`."""

SCALES = {"0-255": (1.0, 0.0), "0-1": (1 / 255, 0.0), "-1-1": (1 / 127.5, -1.0)}
"""Ranges that a foreign network may expect of grey values, as factor and offset of 0–255."""


@extras()
def save(model: str | Path, file: str | Path) -> list[Path]:
    """Write a model's network for other programs: `.keras`, `.h5`, or `.json` with its weights.

    Args:
        model: A model's name or folder.
        file: The file to write; its suffix selects the format.

    Returns:
        The files written.

    Raises:
        FerError: If the model cannot be used, or the file cannot be written.
    """
    path = Path(file).expanduser()
    _check_suffix(path)
    network = load(model).network
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".json":
            with replace_path(path) as new:
                network.save(new)
            return [path]
        with replace_path(_weights_of(path)) as new, replace_file(path) as text:
            network.save_weights(new)
            text.write(network.to_json().encode())
        return [path, _weights_of(path)]
    except OSError as error:
        raise ModelError(f"The network cannot be written to '{path}': {error}.") from error


@extras()
def adopt(
    file: str | Path, labels: Sequence[str], *, out: str | Path, scale: str = "0-1"
) -> ModelCard:
    """Make a model of a network that was trained elsewhere: uint8 in, probabilities out.

    Args:
        file: A `.keras` or `.h5` file, or `.json` with `.weights.h5` beside it. The network goes
            from faces (n, height, width, channels) to one number for each class; it gets a
            softmax if its outputs do not sum to 1.
        labels: The classes in the order of its outputs. Keras' folder readers sort them
            alphabetically.
        out: Folder of the model; a model that is there is replaced.
        scale: The range of grey values that it expects: `0-255`, `0-1` or `-1-1`.

    Returns:
        The card as written. It has no figures until `evaluate` gives some.

    Raises:
        FerError: If the network cannot be read or does not fit, or the folder cannot be written.
    """
    if scale not in SCALES:
        raise ModelError(f"Unknown scale '{scale}'. Known: {', '.join(SCALES)}.")
    folder = Path(out).expanduser().resolve()
    folders.check_replaceable(folder)
    network = _standardised(_read_network(Path(file).expanduser()), labels, scale)
    card = ModelCard(
        name=folder.name,
        labels=tuple(labels),
        framing=asdict(FER2013_FRAMING),
        data={},
        remarks=(f"Adopted from a network made elsewhere that expects values {scale}.",),
        **facts_of(network),
    )
    return folders.save(network, card, folder)


def _standardised(network: "keras.Model", labels: Sequence[str], scale: str) -> "keras.Model":
    """A foreign network between a layer that scales uint8 and, where it lacks one, a softmax."""
    shape, outputs = network.input_shape, network.output_shape
    has_one_input = isinstance(shape, tuple) and len(shape) == 4 and None not in shape[1:]
    if not has_one_input or outputs != (None, len(labels)):
        raise ModelError(
            f"The network goes from {shape} to {outputs}; expected (None, height, width, channels) "
            f"to (None, {len(labels)}), one number for each of {', '.join(labels)}."
        )
    from keras import Model, layers

    factor, offset = SCALES[scale]
    faces = layers.Input(shape[1:], dtype="uint8", name="face")
    outputs = network(layers.Rescaling(factor, offset=offset)(faces))
    noise = np.random.default_rng(0).integers(0, 256, (4, *shape[1:]), np.uint8)
    sums = np.asarray(Model(faces, outputs)(noise, training=False)).sum(axis=1)
    if not np.allclose(sums, 1, atol=1e-3):
        outputs = layers.Softmax()(outputs)
    return Model(faces, outputs, name="adopted")


def _read_network(path: Path) -> "keras.Model":
    """Read a network without running any code in the file.

    The weights of `name.json` lie beside it, in `name.weights.h5` or `name.h5`.
    """
    _check_suffix(path)
    import keras

    files = [path]
    if path.suffix == ".json":
        named = [_weights_of(path), path.with_suffix(".h5")]
        files.append(next((file for file in named if file.is_file()), named[0]))
    if missing := [file for file in files if not file.is_file()]:
        raise ModelError(f"There is no file '{missing[0]}'. Expected a network saved by Keras.")
    try:
        if path.suffix != ".json":
            return keras.saving.load_model(path, compile=False, safe_mode=True)
        model = keras.models.model_from_json(path.read_text(encoding="utf-8"))
        model.load_weights(files[1])
    except Exception as error:  # Keras lets any exception of its parts through
        raise ModelError(f"'{path}' cannot be loaded by Keras: {error}") from error
    return model


def _check_suffix(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise ModelError(f"'{path.name}' ends in '{path.suffix}'; expected {', '.join(SUFFIXES)}.")


def _weights_of(path: Path) -> Path:
    return path.with_suffix(".weights.h5")
