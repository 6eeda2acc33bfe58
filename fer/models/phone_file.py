"""A network as one LiteRT file for apps: Android's and iOS' image classifiers run it as it is.

It takes RGB, as these libraries do, and answers with calibrated probabilities. Weights are float16,
half the size. Labels, normalisation and a description are in the file as TensorFlow Lite's metadata
(metadata_schema.fbs, whose numbers of fields are below), and the card's contract as `contract.json`
beside the labels: they lie in a ZIP archive behind the network.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer.models import litert
from fer.models.card import ModelCard
from fer.nets.forward import Forward, tempered

if TYPE_CHECKING:
    import flatbuffers
    import keras

LABELS, CONTRACT = "labels.txt", "contract.json"
_GREY = (0.299, 0.587, 0.114)
"""Of red, green and blue, as OpenCV has it (ITU-R BT.601)."""
_RGB, _IMAGE, _FEATURE, _NORMALIZATION, _AXIS_LABELS = 1, 2, 1, 1, 2


def convert(network: "keras.Model", card: ModelCard) -> bytes:
    """A Keras network as the content of such a file. Needs TensorFlow.

    Args:
        network: From uint8 (n, height, width, channels) to probabilities.
        card: The model's.
    """
    import keras
    import tensorflow as tf
    from keras import ops

    photo = keras.layers.Input((card.height, card.width, 3), dtype="uint8", name="image")
    faces = photo
    if card.channels == 1:
        weights = np.reshape(_GREY, (3, 1)).astype(np.float32)
        faces = ops.round(ops.matmul(ops.cast(photo, "float32"), weights))
    probabilities = network(faces, training=False)
    tiny = float(np.finfo(np.float32).tiny)
    logits = ops.log(ops.maximum(probabilities, tiny)) / card.temperature
    answering = keras.Model(photo, ops.softmax(logits))
    return _described(litert.exported(
        answering, optimizations=[tf.lite.Optimize.DEFAULT],
        target_spec={"supported_types": [tf.float16]},
    ), card)  # fmt: skip


def forward_of(content: bytes, path: Path, card: ModelCard) -> Forward:
    """What such a file answers to faces in the card's shape, before calibration."""
    network = litert.Network(content, path)

    def forward(faces: np.ndarray) -> np.ndarray:
        answers = network(np.ascontiguousarray(np.broadcast_to(faces, (*faces.shape[:3], 3))))
        return tempered(answers, 1 / card.temperature)

    return forward


def _described(content: bytes, card: ModelCard) -> bytes:
    """The same file with metadata, labels and contract."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    network = schema.ModelT.InitFromPackedBuf(content, 0)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(_metadata(card), np.uint8)
    network.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = "TFLITE_METADATA", len(network.buffers) - 1
    network.metadata = [*(network.metadata or []), entry]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(network.Pack(builder), b"TFL3")
    file = io.BytesIO()
    file.write(bytes(builder.Output()))
    contract = {
        "name": card.name,
        "labels": list(card.labels),
        "input": f"RGB, uint8 0-255, (1, {card.height}, {card.width}, 3), cut out as in framing",
        "framing": dict(card.framing),
        "model_sha256": card.model_sha256,
    }
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(LABELS, "\n".join(card.labels))
        archive.writestr(CONTRACT, json.dumps(contract, indent=2) + "\n")
    return file.getvalue()


def _metadata(card: ModelCard) -> bytes:
    """TensorFlow Lite's ModelMetadata of a network from an RGB face to its probabilities."""
    import flatbuffers

    made = flatbuffers.Builder(1024)

    def text(value: str) -> tuple[str, Any]:
        return "reference", made.CreateString(value)

    def table(fields: Mapping[int, tuple[str, Any]]) -> tuple[str, Any]:
        return "reference", _table(made, fields)

    def tables(*entries: tuple[str, Any]) -> tuple[str, Any]:
        return _vector(made, [at for _, at in entries], made.PrependUOffsetTRelative)

    def numbers(value: float) -> tuple[str, Any]:
        return _vector(made, [value], made.PrependFloat32)

    unscaled = table({0: numbers(0.0), 1: numbers(1.0)})  # mean, std: the network scales
    image = table({
        0: text("image"),
        1: text(f"A face of {card.width}×{card.height} pixels, framed as in {CONTRACT}"),
        3: table({0: ("byte", _IMAGE), 1: table({0: ("byte", _RGB)})}),
        4: tables(table({0: ("byte", _NORMALIZATION), 1: unscaled})),
        5: table({0: numbers(255.0), 1: numbers(0.0)}),  # max, min
    })  # fmt: skip
    labels = table({0: text(LABELS), 1: text("The classes"), 2: ("byte", _AXIS_LABELS)})
    probability = table({
        0: text("probability"),
        1: text("Calibrated probabilities of the classes"),
        3: table({0: ("byte", _FEATURE), 1: table({})}),
        5: table({0: numbers(1.0), 1: numbers(0.0)}),
        6: tables(labels),
    })  # fmt: skip
    described = {
        0: text(card.name),
        1: text("Names the facial expression on a cut-out face."),
        2: text(card.model_sha256[:12]),
        3: tables(table({2: tables(image), 3: tables(probability)})),
        7: text("1.0.0"),  # the oldest parser that knows all of this
    }
    made.Finish(_table(made, described), b"M001")
    return bytes(made.Output())


def _table(made: "flatbuffers.Builder", fields: Mapping[int, tuple[str, Any]]) -> int:
    """A table of fields by number: places of what was written before, or bytes."""
    made.StartObject(max(fields, default=-1) + 1)
    for number, (kind, value) in fields.items():
        if kind == "byte":
            made.PrependInt8Slot(number, value, 0)
        else:
            made.PrependUOffsetTRelativeSlot(number, value, 0)
    return int(made.EndObject())


def _vector(
    made: "flatbuffers.Builder", values: list[Any], prepend: Callable[[Any], None]
) -> tuple[str, Any]:
    made.StartVector(4, len(values), 4)
    for value in reversed(values):
        prepend(value)
    return "reference", made.EndVector()
