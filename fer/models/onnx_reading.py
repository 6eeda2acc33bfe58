"""Reading an ONNX file from elsewhere, whatever the order of its axes and its number of faces."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import ModelProto, TensorProto

from fer.errors import ModelError
from fer.models.onnx_batches import for_any_number
from fer.models.onnx_graph import Nodes, real_inputs, wrapped

_OLDEST = 7
"""The first opset whose arithmetic broadcasts as NumPy does."""

_NUMBERS = {
    TensorProto.FLOAT: np.float32, TensorProto.FLOAT16: np.float16,
    TensorProto.DOUBLE: np.float64, TensorProto.UINT8: np.uint8,
}  # fmt: skip
_PASSING = {"Cast", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze"}


@dataclass(frozen=True, kw_only=True, eq=False)
class OnnxNetwork:
    """A network from elsewhere, made to take any number of faces, channels last.

    Attributes:
        proto: From scaled faces, float32 (n, height, width, channels), to (n, classes), float32.
        shape: Height, width and channels.
        classes: Number of outputs.
        output: Name of the output that these are of.
        outputs: All outputs of the file that have one number a class, with their sizes.
        takes_bytes: Whether it was made for uint8.
        is_sigmoid: Whether its last layer is a sigmoid a class.
        maker: What wrote the file, such as `pytorch 2.9`; may be "".
        run: Computes `proto`.
    """

    proto: ModelProto
    shape: tuple[int, int, int]
    classes: int
    output: str
    outputs: Mapping[str, int]
    takes_bytes: bool
    is_sigmoid: bool
    maker: str
    run: Callable[[np.ndarray], np.ndarray]


def read_network(
    path: Path,
    *,
    classes: int | None = None,
    output: str | None = None,
    likely: Collection[int] = (),
) -> OnnxNetwork:
    """Read an ONNX file.

    Args:
        path: The file. Weights in a second file must lie beside it.
        classes: Number of classes, which selects one of several outputs.
        output: Name of the output, which selects one of several with that many classes.
        likely: Numbers of classes. If given, one of several outputs is taken even if neither
            `classes` nor `output` selects it: the first of such a size, else the first.

    Raises:
        ModelError: If it cannot be read, or does not go from faces to one number a class.
    """
    network = _loaded(path)
    takes = _takes(path, network)
    noise, alone = _tried(path, network, takes)
    sizes = _sizes(alone)
    if likely and not (classes or output):
        output = next(iter([*(name for name in sizes if sizes[name] in likely), *sizes]), None)
    chosen = _output(path, network, alone, classes, output)
    expected = alone[chosen.name].reshape(len(noise), -1)
    single = ModelProto()
    single.CopyFrom(network)
    single.graph.ClearField("output")
    single.graph.output.append(chosen)
    for proto in for_any_number(single, partial(_between, takes=takes, classes=expected.shape[1])):
        try:
            run = partial(_run, _session(proto))
            is_same = _are_close(run(noise), expected, takes.kind)
        except Exception:  # noqa: BLE001 - ONNX Runtime's share no class; the next way is tried
            continue
        if is_same:
            return OnnxNetwork(
                proto=proto,
                shape=takes.shape,
                classes=expected.shape[1],
                output=chosen.name,
                outputs=sizes,
                takes_bytes=takes.kind == TensorProto.UINT8,
                is_sigmoid=_is_sigmoid(single),
                maker=f"{network.producer_name} {network.producer_version}".strip(),
                run=run,
            )
    raise ModelError(
        f"'{path.name}' does not answer several faces as it answers each alone. Export it with an "
        "open number of faces (in PyTorch: dynamic_axes or dynamic_shapes)."
    )


@dataclass(frozen=True, kw_only=True)
class _Takes:
    """What a network takes: its input's name, type and axes."""

    name: str
    kind: int
    shape: tuple[int, int, int]
    is_channels_first: bool


def _takes(path: Path, network: ModelProto) -> _Takes:
    given = real_inputs(network.graph)
    sides = [one.dim_value for one in given[0].type.tensor_type.shape.dim] if given else []
    kind = given[0].type.tensor_type.elem_type if given else 0
    if len(given) != 1 or len(sides) != 4 or kind not in _NUMBERS or sides[0] > 1:
        raise ModelError(
            f"'{path.name}' takes {_listed(given)}; expected one input, a face or any number of "
            "faces: (n, channels, height, width) or (n, height, width, channels)."
        )
    is_channels_first = sides[1] in (1, 3)
    height, width, channels = sides[2:] + sides[1:2] if is_channels_first else sides[1:]
    if channels not in (1, 3) or not height or not width:
        raise ModelError(
            f"'{path.name}' takes {_listed(given)}; expected faces of a fixed size in 1 or 3 "
            "channels. Export the network with a fixed height and width."
        )
    shape = (height, width, channels)
    return _Takes(name=given[0].name, kind=kind, shape=shape, is_channels_first=is_channels_first)


def _between(network: ModelProto, *, takes: _Takes, classes: int, **options: Any) -> ModelProto:
    """A network from elsewhere between nodes that feed it float32 faces, channels last."""

    def front(nodes: Nodes, faces: str) -> str:
        if takes.is_channels_first:
            faces = nodes.add("Transpose", faces, perm=[0, 3, 1, 2])
        return nodes.add("Cast", faces, to=takes.kind)

    def behind(nodes: Nodes, numbers: str) -> str:
        return nodes.add("Cast", nodes.add("Flatten", numbers, axis=1), to=TensorProto.FLOAT)

    return wrapped(
        network,
        front=front,
        behind=behind,
        shape=takes.shape,
        classes=classes,
        takes=TensorProto.FLOAT,
        **options,
    )


def _loaded(path: Path) -> ModelProto:
    if not path.is_file():
        raise ModelError(f"There is no file '{path}'. Expected an ONNX network.")
    try:
        network = onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf's and onnx's own share no class
        raise ModelError(f"'{path.name}' is no ONNX file, or damaged: {_short(error)}") from error
    try:
        onnx.load_external_data_for_model(network, str(path.parent))
    except Exception as error:
        raise ModelError(
            f"'{path.name}' keeps its weights in a second file, which cannot be read: "
            f"{_short(error)} Give both files, under the names that they were exported with, or "
            "export them as one file."
        ) from error
    try:
        onnx.checker.check_model(network)
    except Exception as error:
        raise ModelError(f"'{path.name}' is no ONNX network: {_short(error)}") from error
    opset = max((one.version for one in network.opset_import if not one.domain), default=0)
    if opset < _OLDEST:
        raise ModelError(
            f"'{path.name}' has ONNX opset {opset}; expected {_OLDEST} or newer. Export it anew, "
            "or convert it with onnx.version_converter."
        )
    return network


def _tried(
    path: Path, network: ModelProto, takes: _Takes
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Some noise, and what a network as it came answers to it."""
    noise = np.random.default_rng(0).random((3, *takes.shape), np.float32)
    noise = np.round(noise * 255) if takes.kind == TensorProto.UINT8 else noise
    return noise, _original(path, network, noise, takes)


def _original(
    path: Path, network: ModelProto, faces: np.ndarray, takes: _Takes
) -> dict[str, np.ndarray]:
    """All outputs of a network as it came, for each face alone."""
    inputs = faces.transpose(0, 3, 1, 2) if takes.is_channels_first else faces
    inputs = inputs.astype(_NUMBERS[takes.kind])
    names = [one.name for one in network.graph.output]
    try:
        session = _session(network)
        rows = [session.run(names, {takes.name: inputs[i : i + 1]}) for i in range(len(inputs))]
    except Exception as error:  # ONNX Runtime's share no class of their own
        raise ModelError(f"'{path.name}' cannot be run: {_short(error)}") from error
    return {
        name: np.stack([np.asarray(row[i]) for row in rows])
        for i, name in enumerate(names)
        if isinstance(rows[0][i], np.ndarray)
    }


def _sizes(answers: dict[str, np.ndarray]) -> dict[str, int]:
    """The number of classes of each output that has one number a class.

    `answers` holds (faces, 1, numbers, …) of each output.
    """
    return {
        name: one.shape[2]
        for name, one in answers.items()
        if one.ndim > 2 and one[0].size == one.shape[2] > 1 and one.dtype.kind == "f"
    }


def _output(
    path: Path,
    network: ModelProto,
    answers: dict[str, np.ndarray],
    classes: int | None,
    output: str | None,
) -> onnx.ValueInfoProto:
    """The output that has one number a class, of those in `answers`."""
    sizes = _sizes(answers)
    fitting = [name for name, size in sizes.items() if len(sizes) == 1 or size == classes]
    if output:
        fitting = [name for name in sizes if name == output]
    if len(fitting) != 1:
        found = ", ".join(f"{name} {one.shape[1:]}" for name, one in answers.items()) or "nothing"
        expected = f"(1, {classes})" if classes else "(1, classes)"
        if output:
            expected += f" called '{output}'"
        several = " Choose one of them by its name (--output)." if len(sizes) > 1 else ""
        raise ModelError(
            f"'{path.name}' gives {found}; expected one output of shape {expected}.{several}"
        )
    return next(one for one in network.graph.output if one.name == fitting[0])


def _is_sigmoid(network: ModelProto) -> bool:
    makers = {name: node for node in network.graph.node for name in node.output}
    node = makers.get(network.graph.output[0].name)
    while node is not None and node.op_type in _PASSING:
        node = makers.get(node.input[0])
    return node is not None and node.op_type == "Sigmoid"


def _session(network: ModelProto) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        network.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _run(session: Any, faces: np.ndarray) -> np.ndarray:
    name = session.get_inputs()[0].name
    numbers: np.ndarray = session.run(None, {name: np.asarray(faces, np.float32)})[0]
    return numbers


def _are_close(found: np.ndarray, expected: np.ndarray, kind: int) -> bool:
    largest = max(1.0, float(np.abs(expected).max()))
    # ONNX Runtime computes half precision in single, and rounds in other places each time.
    atol = largest * (1e-2 if kind == TensorProto.FLOAT16 else 1e-5)
    return found.shape == expected.shape and np.allclose(found, expected, atol=atol)


def _listed(inputs: Sequence[onnx.ValueInfoProto]) -> str:
    shapes = [
        f"{one.name} ({', '.join(str(side.dim_value or side.dim_param or '?') for side in sides)})"
        for one in inputs
        for sides in [one.type.tensor_type.shape.dim]
    ]
    return ", ".join(shapes) or "nothing"


def _short(error: Exception) -> str:
    """The first line of an error."""
    return str(error).strip().partition("\n")[0][:200]
