"""Make a model, to be used as a teacher, of the expression network of face-api.

    npm pack @vladmandic/face-api@1.7.15 && tar xzf vladmandic-face-api-1.7.15.tgz
    PYTHONPATH=. python bench/face_api_teacher.py package FER2013

The package's licence is MIT. The data that its author trained the network on are not disclosed, so
nobody can tell which of our faces it has seen. Its weights are not part of this repository.

The network has four blocks of four separable convolutions (the first is a plain one), each of
which adds what the ones before it in its block gave, then global average pooling and a dense
layer: `src/faceFeatureExtractor` and `src/faceExpressionNet` of the package. Weights are
uint8 with a scale and a minimum, biases float32. The temperature is fitted on the validation part.
"""

import argparse
import json
import math
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from keras import layers

from fer import api, emotions, models, settings
from fer.faces.alignment import FER2013_FRAMING
from fer.models.card import ModelCard, facts_of
from fer.nets.architectures import HEAD, Tensor

LABELS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
SIDE_PX = 112
MEAN_RGB = (122.782, 117.001, 104.298)
BLOCKS = 4
CONVOLUTIONS = 4
"""In each block."""


def main() -> None:
    """Build, calibrate and save."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("package", type=Path, help="the unpacked npm package")
    parser.add_argument("data", help="FER-2013: a folder or a name")
    parser.add_argument("--out", type=Path, default=settings.home() / "models" / "face-api")
    parser.add_argument("--validation-fraction", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=0, help="of the validation part")
    options = parser.parse_args()
    version = json.loads((options.package / "package.json").read_text("utf-8"))["version"]
    network = build(read_weights(options.package / "model"))
    card = ModelCard(
        name=options.out.name,
        labels=tuple(emotions.canonical(label) for label in LABELS),
        framing=asdict(FER2013_FRAMING),
        data={"name": "not disclosed", "split_rule": "not disclosed"},
        config={
            "truth": "votes",
            "validation_fraction": options.validation_fraction,
            "seed": options.seed,
        },
        remarks=(
            f"The expression network of the npm package @vladmandic/face-api {version}, "
            "MIT licence, copyright Vladimir Mandic.",
            "The data that it was trained on are not disclosed: it may have seen any face.",
        ),
        **facts_of(network),
    )
    models.save(network, card, options.out)
    card = api.calibrate(options.out, options.data)
    print(f"{options.out}: {card.parameters:,} parameters, temperature {card.temperature}")


def read_weights(folder: Path) -> dict[str, np.ndarray]:
    """By name, float32, as the manifest describes them."""
    [group] = json.loads((folder / "face_expression_model-weights_manifest.json").read_text())
    content = b"".join((folder / path).read_bytes() for path in group["paths"])
    weights, start = {}, 0
    for entry in group["weights"]:
        stored = entry.get("quantization", {"dtype": entry["dtype"], "scale": 1, "min": 0})
        values = np.frombuffer(content, stored["dtype"], math.prod(entry["shape"]), start)
        start += values.nbytes
        scaled = values.astype(np.float32) * stored["scale"] + stored["min"]
        weights[entry["name"]] = scaled.reshape(entry["shape"])
    if start != len(content):
        raise ValueError(f"The manifest names {start:,} bytes of weights; found {len(content):,}.")
    return weights


def build(weights: dict[str, np.ndarray]) -> keras.Model:
    """The network with these weights: uint8 RGB (n, 112, 112, 3) → probabilities (n, 7)."""
    inputs = layers.Input((SIDE_PX, SIDE_PX, 3), dtype="uint8", name="face")
    x = layers.Normalization(mean=MEAN_RGB, variance=(255.0**2,) * 3, name="scale")(inputs)
    for block in range(BLOCKS):
        x = _block(x, f"dense{block}", weights)
    x = layers.GlobalAveragePooling2D()(x)
    classes = weights["fc/bias"].shape[0]
    outputs = layers.Dense(classes, activation="softmax", name=HEAD)(x)
    network = keras.Model(inputs, outputs, name="face_api")
    for layer in network.layers:
        if layer.name == HEAD:
            layer.set_weights([weights["fc/weights"], weights["fc/bias"]])
        elif isinstance(layer, (layers.Conv2D, layers.SeparableConv2D)):
            own = layer.name.replace(".", "/")
            parts = ("filters", "depthwise_filter", "pointwise_filter", "bias")
            layer.set_weights([weights[f"{own}/{p}"] for p in parts if f"{own}/{p}" in weights])
    return network


def _block(x: Tensor, name: str, weights: dict[str, np.ndarray]) -> Tensor:
    """Convolutions that each take the sum of what those before them gave."""
    total = None
    for number in range(CONVOLUTIONS):
        own = f"{name}/conv{number}"
        kind = layers.Conv2D if f"{own}/filters" in weights else layers.SeparableConv2D
        filters, strides = weights[f"{own}/bias"].shape[0], 1 if number else 2
        y = kind(filters, 3, strides=strides, padding="same", name=own.replace("/", "."))(x)
        if number == 0:
            y = layers.ReLU()(y)  # the later ones are added before the activation
        total = y if total is None else layers.Add()([total, y])
        x = layers.ReLU()(total)
    return x


if __name__ == "__main__":
    main()
