"""Networks in the formats that other programs keep them in: `.keras`, `.h5`, JSON + weights."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer.errors import ModelError
from fer.models.card import ModelCard

if TYPE_CHECKING:
    import keras

SUFFIXES = (".keras", ".h5", ".json")
"""What is written and read; beside `name.json` lies `name.weights.h5`."""

SCALES = {"0-255": (1.0, 0.0), "0-1": (1 / 255, 0.0), "-1-1": (1 / 127.5, -1.0)}
"""What a foreign network expects of a grey value, as factor and offset of 0–255."""


def save_network(model: "keras.Model", path: Path) -> list[Path]:
    """Write a network, in the format of the suffix.

    Args:
        model: The network; it takes uint8 0–255, as scaling is its first layer.
        path: A file with one of `SUFFIXES`; replaced if it is there.

    Returns:
        The files written.

    Raises:
        ModelError: If the suffix is unknown, or the file cannot be written.
    """
    _check_suffix(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as name:
            made = [Path(name) / path.name]
            if path.suffix == ".json":
                made[0].write_text(model.to_json(), encoding="utf-8")
                made.append(_weights_of(made[0]))
                model.save_weights(made[1])
            else:
                model.save(made[0])
            return [file.replace(path.parent / file.name) for file in made]
    except OSError as error:
        raise ModelError(f"The network cannot be written to '{path}': {error}.") from error


def open_network(path: Path) -> "keras.Model":
    """Read a network; nothing in the file is run.

    Args:
        path: A file with one of `SUFFIXES`. Beside `name.json`, the weights are expected in
            `name.weights.h5` or `name.h5`.

    Raises:
        ModelError: If the suffix is unknown, or a file is missing, damaged or unsafe.
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
    except Exception as error:  # Keras raises what its parts raise; all of it means this.
        raise ModelError(f"'{path}' cannot be loaded by Keras: {error}") from error
    return model


def adopt(
    network: "keras.Model",
    labels: Sequence[str],
    *,
    name: str,
    scale: str,
    framing: Mapping[str, Any],
) -> tuple["keras.Model", ModelCard]:
    """Make a foreign network one of ours: uint8 in, probabilities out, with a card.

    Args:
        network: From faces (n, height, width, channels) to a number a class; a softmax is put
            behind it where its answers do not sum to 1.
        labels: The classes in the order of its outputs.
        name: What to call it.
        scale: What it expects of a grey value: one of `SCALES`.
        framing: How faces are to be cut out for it; see `ModelCard`.

    Raises:
        ModelError: If the scale is unknown, or the network has another shape.
        CardError: If size, channels or labels are impossible.
    """
    if scale not in SCALES:
        raise ModelError(f"Unknown scale '{scale}'. Known: {', '.join(SCALES)}.")
    shape, outputs = network.input_shape, network.output_shape
    if (
        not isinstance(shape, tuple)
        or len(shape) != 4
        or None in shape[1:]
        or outputs != (None, len(labels))
    ):
        raise ModelError(
            f"The network goes from {shape} to {outputs}; expected (None, height, width, channels) "
            f"to (None, {len(labels)}), one number for each of {', '.join(labels)}."
        )
    from keras import Model, layers

    from fer.nets.cost import multiply_adds

    height, width, channels = shape[1:]
    factor, offset = SCALES[scale]
    faces = layers.Input((height, width, channels), dtype="uint8", name="face")
    answers = network(layers.Rescaling(factor, offset=offset)(faces))
    tried = np.random.default_rng(0).integers(0, 256, (4, height, width, channels), np.uint8)
    sums = np.asarray(Model(faces, answers)(tried, training=False)).sum(axis=1)
    if not np.allclose(sums, 1, atol=1e-3):
        answers = layers.Softmax()(answers)
    model = Model(faces, answers, name="adopted")
    card = ModelCard(
        name=name,
        labels=tuple(labels),
        height=height,
        width=width,
        channels=channels,
        framing=framing,
        data={},
        remarks=(f"Taken over from a network made elsewhere, which expects values {scale}.",),
        parameters=model.count_params(),
        multiply_adds=multiply_adds(model),
    )
    return model, card


def _check_suffix(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise ModelError(
            f"'{path.name}' ends in '{path.suffix}'; networks are kept as {', '.join(SUFFIXES)}."
        )


def _weights_of(path: Path) -> Path:
    return path.with_suffix(".weights.h5")
