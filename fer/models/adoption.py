"""A network that was trained elsewhere becomes a model: uint8 in, probabilities out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer.errors import ModelError
from fer.faces.alignment import FER2013_FRAMING
from fer.importing import extras
from fer.models import folder as folders
from fer.models.card import ModelCard, facts_of
from fer.models.endings import ENDINGS, ending_of
from fer.models.keras_files import read_network
from fer.models.pixel_scales import EPSILON, PixelScale, scale_named
from fer.people import Action, require
from fer.wording import counted

if TYPE_CHECKING:
    import keras

_ADOPTED = "adopted"
_PASSING = frozenset({"Dropout", "Flatten", "Reshape"})  # what may follow the last activation


@extras()
def adopt(
    file: str | Path,
    labels: Sequence[str],
    *,
    out: str | Path,
    scale: str = "0-1",
    weights: str | Path | None = None,
    checked: Mapping[str, Any] | None = None,
    output: str | None = None,
    may_replace: bool = True,
) -> ModelCard:
    """Make a model of a network that was trained elsewhere.

    Args:
        file: A `.keras` or `.h5` file, `.json` with its weights, or `.onnx`. The network goes from
            faces (n, height, width, channels), in ONNX also (n, channels, height, width), to one
            number for each class. Sigmoids are divided by their sum, logits get a softmax.
        labels: The classes in the order of its outputs. Keras' folder readers sort them
            alphabetically.
        out: Folder of the model.
        scale: What it expects of pixel values, a name of `fer.models.pixel_scales.SCALES`.
        weights: The weights of a `.json` file; without it they lie beside `name.json`, in
            `name.weights.h5` or `name.h5`.
        checked: Where labels and scale proved right, as `ContractSearch.checked` gives it.
        output: Name of the output of an ONNX network, where several fit the labels.
        may_replace: Whether a model that is there is replaced; otherwise it is an error.

    Returns:
        The card as written. It has no figures until `evaluate` gives some.

    Raises:
        FerError: If the network cannot be read or does not fit, or the folder cannot be written.
    """
    require(Action.MANAGE_MODELS)
    scale_named(scale, channels=3)  # before anything is read
    folder = Path(out).expanduser().resolve()
    folders.check_replaceable(folder, may_replace=may_replace)
    path = Path(file).expanduser()
    if path.suffix.lower() == ".onnx":
        from fer.models.onnx_adoption import standardised

        content, card = standardised(path, labels, name=folder.name, scale=scale, output=output)
        card = replace(card, contract=_contract(scale, checked))
        return folders.save(content, card, folder, may_replace=may_replace)
    beside = Path(weights).expanduser() if weights else None
    network = read_network(path, weights=beside)
    return adopt_network(
        network, labels, out=folder, scale=scale, checked=checked, may_replace=may_replace
    )


def adopt_network(
    network: "keras.Model",
    labels: Sequence[str],
    *,
    out: Path,
    scale: str,
    checked: Mapping[str, Any] | None = None,
    may_replace: bool = True,
) -> ModelCard:
    """As `adopt`, for a network in memory."""
    require(Action.MANAGE_MODELS)
    network, ending = _standardised(network, labels, scale)
    card = ModelCard(
        name=out.name,
        labels=tuple(labels),
        framing=asdict(FER2013_FRAMING),
        data={},
        contract=_contract(scale, checked),
        remarks=(
            f"Adopted from a network made elsewhere that expects values {scale}. {ENDINGS[ending]}",
        ),
        **facts_of(network),
    )
    return folders.save(network, card, out, may_replace=may_replace)


def _contract(scale: str, checked: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"scale": scale, **({"checked": dict(checked)} if checked else {})}


def network_inside(network: "keras.Model") -> "keras.Model | None":
    """The network from elsewhere inside an adopted one; None if it is none."""
    import keras

    inside = [layer for layer in network.layers if isinstance(layer, keras.Model)]
    return inside[0] if network.name == _ADOPTED and len(inside) == 1 else None


def _standardised(
    network: "keras.Model", labels: Sequence[str], scale: str
) -> tuple["keras.Model", str]:
    """A foreign network behind layers that scale uint8, and the ending that it was given."""
    shape, classes = faces_and_classes(network)
    if classes != len(labels):
        raise ModelError(
            f"The network has {counted(classes, 'output')}; expected {len(labels)}, one number for "
            f"each of {', '.join(labels)}."
        )
    from keras import Model, layers, ops

    faces = layers.Input(shape, dtype="uint8", name="face")
    outputs = network(scaled(faces, scale_named(scale, shape[-1])))
    ending = ending_needed(network, shape, scale)
    if ending == "softmax":
        outputs = layers.Softmax()(outputs)
    elif ending == "shares":
        tiny = float(np.finfo(np.float32).tiny)
        outputs = outputs / (ops.sum(outputs, axis=1, keepdims=True) + tiny)
    return Model(faces, outputs, name=_ADOPTED), ending


def ending_needed(network: "keras.Model", shape: tuple[int, int, int], scale: str) -> str:
    """The ending of `ENDINGS` that a foreign network needs, by its answers to noise."""
    noise = np.random.default_rng(0).integers(0, 256, (4, *shape), np.uint8)
    answers = np.asarray(network(scale_named(scale, shape[-1]).apply(noise), training=False))
    return ending_of(answers, is_sigmoid=_ends_with_sigmoid(network))


def _ends_with_sigmoid(network: "keras.Model") -> bool:
    last = next(
        (layer for layer in reversed(network.layers) if type(layer).__name__ not in _PASSING),
        network.layers[-1],
    )
    if hasattr(last, "layers"):
        return _ends_with_sigmoid(last)
    return bool(last.get_config().get("activation") == "sigmoid")


def faces_and_classes(network: "keras.Model") -> tuple[tuple[int, int, int], int]:
    """Height, width and channels of the faces that a foreign network takes, and its classes.

    Raises:
        ModelError: If it does not go from faces to one number a class.
    """
    shape, outputs = network.input_shape, network.output_shape
    has_one_input = isinstance(shape, tuple) and len(shape) == 4 and None not in shape[1:]
    has_one_output = isinstance(outputs, tuple) and len(outputs) == 2 and outputs[1]
    if not has_one_input or not has_one_output:
        raise ModelError(
            f"The network goes from {shape} to {outputs}; expected (None, height, width, channels) "
            "to (None, classes)."
        )
    if shape[1] in (1, 3) and shape[3] not in (1, 3):
        raise ModelError(
            f"The network takes faces with their channels first, {shape[1:]}; expected (height, "
            "width, channels). Save it with channels last, or as ONNX, where both can be adopted."
        )
    return shape[1:], outputs[1]


def scaled(faces: "keras.KerasTensor", scale: PixelScale) -> "keras.KerasTensor":
    """The layers that compute `scale.apply`. They load in Keras' safe mode and learn nothing."""
    from keras import layers, ops

    if scale.is_bgr:
        faces = ops.flip(faces, axis=-1)
    factor, offset = (
        values[0] if len(values) == 1 else list(values) for values in (scale.factor, scale.offset)
    )
    values = layers.Rescaling(factor, offset=offset)(faces)
    if scale.is_per_image:
        values = layers.LayerNormalization(
            axis=(1, 2, 3), epsilon=EPSILON, center=False, scale=False
        )(values)
    return values
