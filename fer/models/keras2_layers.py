"""Configurations of single layers of Keras 2.0–2.15, rewritten for Keras 3."""

from collections.abc import Mapping
from typing import Any

from fer.errors import ModelError

Configuration = dict[str, Any]
"""`class_name` and `config` of a layer."""

_RENAMED = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "ThresholdedReLU": "ReLU",
    "FixedDropout": "Dropout",  # of the package efficientnet; it only drops in training
}
_INERT_GROUPS = {"Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D"}
"""Layers that inherited `groups` from Conv2D without using it."""

_OPERATIONS = {"TFOpLambda", "TensorFlowOpLayer", "SlicingOpLambda", "ClassMethod"}
"""What Keras 2 wrote for a bare TensorFlow function among the layers."""

_UNUSED = {
    "BatchNormalization": ("fused", "renorm", "virtual_batch_size"),
    "DepthwiseConv2D": ("kernel_regularizer", "kernel_constraint"),
    "SeparableConv2D": ("kernel_regularizer", "kernel_constraint"),
    "SpatialDropout1D": ("trainable", "noise_shape"),
    "SpatialDropout2D": ("trainable", "noise_shape"),
    "LSTM": ("time_major", "implementation"),
    "GRU": ("time_major", "implementation"),
}
"""Options that Keras 3 does not take, and that change no answer."""


def class_of(entry: Mapping[str, Any]) -> str:
    """The name of a layer's class in Keras 3."""
    kind = str(entry["class_name"])
    return _RENAMED.get(kind, kind)


def layer_config(entry: Mapping[str, Any]) -> Configuration:
    """The configuration of a layer that is no network, as Keras 3 would write it.

    Raises:
        ModelError: If Keras 3 could not compute what the layer computed.
    """
    kind = class_of(entry)
    # Every weight is read from the file, so what it began as does not matter.
    config = {
        key: _plain(value)
        for key, value in entry["config"].items()
        if not key.endswith("_initializer")
    }
    for key in ("activation", "recurrent_activation"):
        if key in config:
            config[key] = _activation(config[key])
    _refuse(kind, config)
    if isinstance(config.get("dtype"), Mapping):  # a policy
        config["dtype"] = config["dtype"]["config"]["name"]
    axis = config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    if kind in _INERT_GROUPS:
        config.pop("groups", None)
    for unused in _UNUSED.get(kind, ()):
        config.pop(unused, None)
    if kind == "LeakyReLU" and "alpha" in config:
        config["negative_slope"] = config.pop("alpha")
    if entry["class_name"] == "ThresholdedReLU":
        config["threshold"] = config.pop("theta")
    shape = config.pop("batch_input_shape", None)
    if kind == "InputLayer":
        config["batch_shape"] = shape or config.get("batch_shape")
        config.pop("ragged", None)
    return config


def as_rescaling(entry: Mapping[str, Any]) -> Configuration | None:
    """The layer for a TensorFlow function that scales by a constant; None for all else.

    Keras 2 wrote such functions for `preprocess_input` inside a network: `x / 127.5 - 1`.
    """
    nodes = entry.get("inbound_nodes", [])
    if entry["class_name"] != "TFOpLambda" or len(nodes) != 1 or len(nodes[0]) != 4:
        return None
    function, constant = entry["config"].get("function"), nodes[0][3].get("y")
    values = constant if isinstance(constant, list) else [constant]
    if not all(isinstance(one, int | float) for one in values):
        return None
    if function in ("math.truediv", "math.divide"):
        values, key = [1 / one for one in values], "scale"
    elif function in ("math.multiply", "__operators__.mul"):
        key = "scale"
    elif function in ("math.add", "__operators__.add"):
        key = "offset"
    elif function == "math.subtract":
        values, key = [-one for one in values], "offset"
    else:
        return None
    number = values if isinstance(constant, list) else values[0]
    return {"name": entry["config"]["name"], "scale": 1.0, "offset": 0.0, key: number}


def _activation(value: Any) -> Any:
    """An activation: a name, or a layer or function that Keras 2.4 and later wrote as an object."""
    if isinstance(value, Mapping):
        if isinstance(value.get("config"), str):
            return _activation(value["config"])
        config = layer_config(value)
        made = {"module": "keras.layers", "class_name": class_of(value), "config": config}
        return made | {"registered_name": None}
    return {"softmax_v2": "softmax"}.get(value, value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """A value that Keras 2.2 wrote as an array: `{"type": "ndarray", "value": 6.0}`."""
    if isinstance(value, Mapping) and value.get("type") == "ndarray":
        value = value["value"]
        return value[0] if isinstance(value, list) and len(value) == 1 else value
    return value


def _refuse(kind: str, config: Mapping[str, Any]) -> None:
    """Raise a ModelError for what Keras 3 computes in another way, or not at all."""
    if kind in _OPERATIONS:
        operation = config.get("function") or config.get("name") or kind
        raise ModelError(
            f"The network uses the TensorFlow function '{operation}' among its layers, which Keras "
            "3 cannot read. Rebuild it with layers of Keras, and save that."
        )
    if "hard_sigmoid" in (config.get("activation"), config.get("recurrent_activation")):
        raise ModelError(
            "The network uses 'hard_sigmoid', which Keras 3 computes by another formula, so its "
            "answers would differ. Train it with another activation."
        )
    if config.get("renorm"):
        raise ModelError("The network renormalises its batches (renorm), which Keras 3 lacks.")
    if kind in _INERT_GROUPS and config.get("groups", 1) != 1:
        raise ModelError(
            f"The network has a {kind} of {config['groups']} groups, which Keras 3 lacks."
        )
