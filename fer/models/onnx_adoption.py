"""An ONNX network that was trained elsewhere becomes a model: uint8 in, probabilities out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from fer.errors import ModelError
from fer.faces.alignment import FER2013_FRAMING
from fer.models.card import ModelCard, time_and_versions
from fer.models.endings import ENDINGS, ending_of
from fer.models.onnx_graph import Nodes, cost, described, scaled, shares, wrapped
from fer.models.onnx_reading import OnnxNetwork, read_network
from fer.models.pixel_scales import scale_named
from fer.wording import counted


def standardised(
    path: Path, labels: Sequence[str], *, name: str, scale: str, output: str | None = None
) -> tuple[bytes, ModelCard]:
    """A foreign network behind nodes that scale uint8, and with a softmax where it lacks one.

    Args:
        path: The ONNX file.
        labels: The classes in the order of its outputs.
        name: Name of the model.
        scale: A name of `fer.models.pixel_scales.SCALES`.
        output: Name of the output, where several have as many numbers as there are labels.

    Returns:
        The content of the model's file, and its card.

    Raises:
        ModelError: If the network cannot be read or does not fit.
    """
    network = read_network(path, classes=len(labels), output=output)
    if network.classes != len(labels):
        raise ModelError(
            f"The network has {counted(network.classes, 'output')}; expected {len(labels)}, one "
            f"number for each of {', '.join(labels)}."
        )
    if network.takes_bytes and scale != "0-255":
        raise ModelError(f"'{path.name}' takes whole numbers from 0 to 255. Choose scale 0-255.")
    pixel_scale = scale_named(scale, network.shape[-1])
    ending = ending_needed(network, scale)

    def behind(nodes: Nodes, numbers: str) -> str:
        if ending == "softmax":
            return nodes.add("Softmax", numbers, axis=1)
        return shares(nodes, numbers, len(labels)) if ending == "shares" else numbers

    made = wrapped(
        network.proto,
        front=lambda nodes, faces: scaled(nodes, faces, pixel_scale),
        behind=behind,
        shape=network.shape,
        classes=network.classes,
    )
    height, width, channels = network.shape
    card = ModelCard(
        name=name,
        labels=tuple(labels),
        height=height,
        width=width,
        channels=channels,
        framing=asdict(FER2013_FRAMING),
        data={},
        remarks=(
            f"Adopted from an ONNX network made elsewhere{_by(network.maker)} that expects values "
            f"{scale}. {ENDINGS[ending]}",
        ),
        original="onnx",
        **time_and_versions("onnx", "onnxruntime"),
        **cost(network.proto),
    )
    return described(made, card), card


def ending_needed(network: OnnxNetwork, scale: str) -> str:
    """The ending of `ENDINGS` that a foreign network needs, by its answers to noise."""
    noise = np.random.default_rng(0).integers(0, 256, (4, *network.shape), np.uint8)
    answers = network.run(scale_named(scale, network.shape[-1]).apply(noise))
    return ending_of(answers, is_sigmoid=network.is_sigmoid)


def _by(maker: str) -> str:
    return f" by {maker}" if maker else ""
