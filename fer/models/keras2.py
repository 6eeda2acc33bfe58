"""Configurations of Keras 2.0–2.15, rewritten so that Keras 3 builds the same network.

Keras 2 wrote a network's layers in several ways over the years, into HDF5 files and JSON. The
functions here work on what `json.loads` makes of them, and know nothing of the weights.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from fer.errors import ModelError
from fer.models import keras2_layers

Configuration = dict[str, Any]
"""`class_name` and `config` of a network or layer."""

_NETWORKS = {"Sequential", "Functional", "Model"}
_SPATIAL = {
    "AveragePooling2D", "Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "MaxPooling2D",
    "SeparableConv2D",
}  # fmt: skip
"""Layers that TensorFlow computes with the channels first on GPUs only."""


def is_old(configuration: Mapping[str, Any]) -> bool:
    """Whether Keras 1 or 2 wrote it. Those before 2.0.7 named no version in some files."""
    version = str(configuration.get("keras_version", ""))
    return version[:2] in ("1.", "2.") or not (version or "module" in configuration)


def normalised(configuration: Configuration) -> Configuration:
    """The configuration of a Keras 2 network, as Keras 3 would write it.

    Args:
        configuration: A network's; it is not changed.

    Raises:
        ModelError: If Keras 3 could not compute what the network computed.
    """
    if str(configuration.get("keras_version", "")).startswith("1."):
        raise ModelError(
            f"Keras {configuration['keras_version']} wrote this network and did not record which "
            "way round its kernels are. Load it in Keras 2, check its answers and save it again."
        )
    if not _is_network(configuration):
        raise ModelError(
            f"The network is a class of its own, '{configuration['class_name']}', whose code the "
            "file does not hold. Rebuild it as a Sequential or functional network, and save that."
        )
    return _network(configuration)


def layers_of(configuration: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every layer of a network, those inside its networks and wrappers too; of any version."""
    inner = configuration.get("config")
    found = inner if isinstance(inner, list) else []
    if isinstance(inner, dict):
        wrapped = inner.get("layer")
        found = inner.get("layers") or ([wrapped] if isinstance(wrapped, dict) else [])
    for layer in found:
        yield layer
        yield from layers_of(layer)


def _network(entry: Configuration) -> Configuration:
    found, kind = entry["config"], entry["class_name"]
    config = {"layers": found} if isinstance(found, list) else dict(found)
    old, names = config["layers"], _names(config["layers"])
    config["name"] = config.get("name", entry.get("name", kind.lower())).replace("/", "_")
    # Keras 2 counts a network's own graph as its first node. Keras 3 does that only for functional
    # networks among `output_layers`.
    networks = {_name(layer): layer["class_name"] for layer in old if _is_network(layer)}
    config["layers"] = [_layer(layer, names, networks) for layer in old]
    if kind == "Sequential":
        _give_input(config["layers"], old)
    else:
        sequential = {name for name, one in networks.items() if one == "Sequential"}
        for end in ("input_layers", "output_layers"):
            ends = _references(config[end], names, sequential)
            # Keras 3 would answer a list of one with a list of one.
            config[end] = ends[0] if len(ends) == 1 else ends
    new = "Sequential" if kind == "Sequential" else "Model"  # which Keras 3 makes functional
    return _entry("keras", new, config)


def _layer(
    entry: Configuration, names: Mapping[str, str], networks: Collection[str]
) -> Configuration:
    nodes = entry.get("inbound_nodes")
    if _is_network(entry):
        made = _network(entry)
    elif (rescaling := keras2_layers.as_rescaling(entry)) is not None:
        made, nodes = _entry("keras.layers", "Rescaling", rescaling), _of_inputs_alone(nodes or [])
    else:
        made = _entry("keras.layers", keras2_layers.class_of(entry), _layer_config(entry))
    if old := _name(entry):
        made["config"]["name"] = names[old]
    made = _with_channels_last(made)
    if "name" in entry:
        made["name"] = made["config"]["name"]
    if "inbound_nodes" in entry:
        made["inbound_nodes"] = _references(nodes, names, networks)
    return made


def _layer_config(entry: Configuration) -> Configuration:
    config = keras2_layers.layer_config(entry)
    if isinstance(config.get("layer"), dict):
        config["layer"] = _layer(config["layer"], _names([config["layer"]]), ())
    return config


def _of_inputs_alone(nodes: Sequence[Sequence[Any]]) -> list[list[list[Any]]]:
    """The inbound nodes of an operation, `[[layer, node, tensor, arguments]]`, as of a layer."""
    return [[[*node[:3], {}]] for node in nodes]


def _entry(module: str, kind: str, config: Configuration) -> Configuration:
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def _is_network(entry: Mapping[str, Any]) -> bool:
    return entry["class_name"] in _NETWORKS


def _name(entry: Mapping[str, Any]) -> str:
    inner = entry["config"]
    return str(entry.get("name") or (inner.get("name") if isinstance(inner, dict) else "") or "")


def _give_input(layers: list[Configuration], old: Sequence[Mapping[str, Any]]) -> None:
    """Begin a Sequential network with an InputLayer whose channels come last."""
    if old[0]["class_name"] != "InputLayer":
        if not (shape := _input_shape(old[0])):
            return
        config = {"batch_shape": shape, "name": f"{layers[0]['config']['name']}_input"}
        layers.insert(0, _entry("keras.layers", "InputLayer", config))
        old = (layers[0], *old)
    if len(old) > 1 and _has_channels_first(old[1]):
        given = layers[0]["config"]
        batch, channels, *sides = given["batch_shape"]
        given["batch_shape"] = [batch, *sides, channels]
        layers.insert(1, _permute(f"{given['name']}_first", 3, 1, 2))


def _has_channels_first(entry: Mapping[str, Any]) -> bool:
    is_spatial = entry["class_name"] in _SPATIAL
    return is_spatial and entry["config"].get("data_format") == "channels_first"


def _with_channels_last(entry: Configuration) -> Configuration:
    """A layer, between two that turn its channels if it has them first."""
    if not _has_channels_first(entry):
        return entry
    name = entry["config"]["name"]
    entry["config"] |= {"name": f"{name}_turned", "data_format": "channels_last"}
    turned = [_permute(f"{name}_last", 2, 3, 1), entry, _permute(f"{name}_first", 3, 1, 2)]
    return _entry("keras", "Sequential", {"name": name, "layers": turned})


def _permute(name: str, *axes: int) -> Configuration:
    return _entry("keras.layers", "Permute", {"name": name, "dims": axes})


def _input_shape(first: Mapping[str, Any]) -> Sequence[int | None] | None:
    """The shape that the first layer of a Sequential network knows, as itself or inside."""
    config = first["config"]
    if _is_network(first):
        return _input_shape((config if isinstance(config, list) else config["layers"])[0])
    shape: Sequence[int | None] | None = config.get("batch_input_shape")
    return shape


def _names(layers: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """By old name of a layer, a name that Keras 3 allows: without '/', and still different."""
    old_names = [name for name in map(_name, layers) if name]
    names: dict[str, str] = {}
    for old in old_names:
        new = old.replace("/", "_")
        while new != old and (new in old_names or new in names.values()):
            new += "_"
        names[old] = new
    return names


def _references(value: Any, names: Mapping[str, str], networks: Collection[str]) -> Any:
    """References `[layer, node, tensor, …]` with new names, and a node less for `networks`."""
    if isinstance(value, dict):
        return {key: _references(one, names, networks) for key, one in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) > 2 and isinstance(value[0], str) and value[0] in names:
        old, node, *rest = value
        node -= old in networks and node > 0
        return [names[old], node, *_references(rest, names, networks)]
    return [_references(one, names, networks) for one in value]
