"""Damaged networks."""

import hashlib
import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from fer import models
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import changed, damaged, json_of

_SHIPPED = Path(__file__).resolve().parents[2] / "models" / "ferplus"
_SIDE = 16


class Networks(Kind):
    """Files of networks in every format, as networks from elsewhere and as models."""

    def __init__(self, folder: Path) -> None:
        self._files = network_files(folder / "made")
        self._card = json.loads((_SHIPPED / "card.json").read_text())
        self._lite = (_SHIPPED / "model.int8.tflite").read_bytes()

    def feed(self, rng: Random, folder: Path) -> None:
        name = rng.choice([*self._files, "model.tflite"])
        if name == "model.tflite":
            self._as_model(damaged(rng, self._lite), "litert", folder)
            return
        content = self._files[name]
        if name.endswith(".json"):
            (folder / "net.h5").write_bytes(self._files["weights.h5"])
            content = json_of(changed(rng, json.loads(content), times=2))
        if rng.random() < 0.8 or not name.endswith(".json"):
            content = damaged(rng, content)
        if name == "model.onnx" and rng.random() < 0.5:
            self._as_model(content, "onnx", folder)
            return
        file = folder / rng.choice((name, name, "net", "net.keras", "net.h5"))
        file.write_bytes(content)
        _read(file)

    def _as_model(self, content: bytes, form: str, folder: Path) -> None:
        path = folder / models.FORMS[form]
        path.write_bytes(content)
        card = self._card | {
            "original": "onnx" if form == "onnx" else "keras",
            "model_sha256": hashlib.sha256(content).hexdigest(),
            "forms": {form: {"file": path.name, "bytes": 1, "sha256": "", "accuracy": None}},
        }
        (folder / "card.json").write_text(json.dumps(card))
        answers = models.load(folder, form=form).classify(np.zeros((2, 48, 48, 1), np.uint8))
        assert answers.shape == (2, 7), answers.shape
        assert np.isfinite(answers).all()


def _read(file: Path) -> None:
    if file.suffix == ".onnx":
        from fer.models.onnx_reading import read_network as read_onnx

        network = read_onnx(file)
        network.run(np.zeros((2, *network.shape), np.float32))
        return
    from fer.models.adoption import faces_and_classes
    from fer.models.keras_files import read_network

    network = read_network(file)
    faces_and_classes(network)


def network_files(folder: Path) -> dict[str, bytes]:
    """A small network in each format that is read."""
    import keras
    from keras import layers

    folder.mkdir()
    network = keras.Sequential(
        [
            layers.Input((_SIDE, _SIDE, 1)),
            layers.Conv2D(2, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(7, activation="softmax"),
        ]
    )
    for name in ("net.keras", "net.h5"):
        network.save(folder / name)
    network.save_weights(folder / "net.weights.h5")
    (folder / "net.json").write_text(network.to_json())
    made = {name: (folder / name).read_bytes() for name in ("net.keras", "net.h5", "net.json")}
    made["weights.h5"] = (folder / "net.weights.h5").read_bytes()
    made["old.json"] = json.dumps(_old_configuration(network)).encode()
    try:
        from fer.models import onnx_export

        if onnx_export.is_installed():
            made |= {"net.onnx": _onnx(), "model.onnx": _onnx(takes_bytes=True)}
    except ImportError:
        pass
    return made


def _old_configuration(network: Any) -> dict[str, Any]:
    """As Keras 2.2.4 wrote it."""
    entries = [
        {"class_name": type(layer).__name__, "config": {"name": layer.name}}
        for layer in network.layers
    ]
    entries[0]["config"] |= {
        "batch_input_shape": [None, _SIDE, _SIDE, 1], "filters": 2, "kernel_size": [3, 3],
    }  # fmt: skip
    entries[-1]["config"] |= {"units": 7, "activation": "softmax"}
    return {
        "class_name": "Sequential",
        "config": entries,
        "keras_version": "2.2.4",
        "backend": "tensorflow",
    }


def _onnx(*, takes_bytes: bool = False) -> bytes:
    import onnx
    from onnx import TensorProto, helper

    kind = TensorProto.UINT8 if takes_bytes else TensorProto.FLOAT
    side = 48 if takes_bytes else _SIDE
    weights = np.random.default_rng(0).random((side * side, 7)).astype(np.float32)
    node = helper.make_node
    graph = helper.make_graph(
        [
            node("Cast", ["faces"], ["floats"], to=TensorProto.FLOAT),
            node("Flatten", ["floats"], ["flat"]),
            node("MatMul", ["flat", "weights"], ["sums"]),
            node("Softmax", ["sums"], ["answers"], axis=1),
        ],
        "faces",
        [helper.make_tensor_value_info("faces", kind, ("n", side, side, 1))],
        [helper.make_tensor_value_info("answers", TensorProto.FLOAT, ("n", 7))],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    proto.ir_version = 8
    content: bytes = proto.SerializeToString()
    return content
