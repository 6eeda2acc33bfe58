"""ONNX graphs: nodes in front of a network and behind it, and the metadata of a file."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from fer.models.card import ModelCard
from fer.models.pixel_scales import EPSILON, PixelScale

FACES, PROBABILITIES = "faces", "probabilities"
"""Names of the input and the output."""

ANY_NUMBER = "n"
"""Name of the axis of faces, of which there may be any number."""


class Nodes:
    """Nodes in the order in which they run.

    Attributes:
        made: The nodes so far.
    """

    def __init__(self, prefix: str) -> None:
        self.made: list[NodeProto] = []
        self._prefix = prefix

    def add(self, operator: str, *inputs: str | np.ndarray, **attributes: Any) -> str:
        """Add a node with these tensors and constants for inputs, and name its output."""
        names = [one if isinstance(one, str) else self._constant(one) for one in inputs]
        return self._made(operator, names, attributes)

    def _constant(self, values: np.ndarray) -> str:
        return self._made("Constant", [], {"value": numpy_helper.from_array(values)})

    def _made(self, operator: str, inputs: list[str], attributes: dict[str, Any]) -> str:
        name = f"{self._prefix}{len(self.made)}"
        self.made.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name


Addition = Callable[[Nodes, str], str]
"""Adds nodes behind the tensor of that name, and names the last one's output."""


def wrapped(
    network: ModelProto, *, front: Addition, behind: Addition, shape: tuple[int, ...], classes: int,
    takes: int = TensorProto.UINT8, faces: str | int = ANY_NUMBER,
) -> ModelProto:  # fmt: skip
    """A network between other nodes.

    Args:
        network: One input and one output count: the first ones.
        front: From the new input to the network's.
        behind: From the network's output to the new one.
        shape: Height, width and channels of the new input.
        classes: Numbers of the new output, float32, for each face.
        takes: Type of the new input.
        faces: How many faces it takes.
    """
    inner = onnx.compose.add_prefix(network, prefix="network/").graph
    before, after = Nodes("front/"), Nodes("behind/")
    end = front(before, FACES)
    before.made.append(helper.make_node("Identity", [end], [real_inputs(inner)[0].name]))
    end = behind(after, inner.output[0].name)
    after.made.append(helper.make_node("Identity", [end], [PROBABILITIES]))
    made = ModelProto()
    made.CopyFrom(network)
    made.graph.CopyFrom(inner)
    made.ir_version = max(network.ir_version, 4)  # the first without weights among the inputs
    graph = made.graph
    for field in ("node", "input", "output", "value_info"):  # the last: shapes as they were
        graph.ClearField(field)
    graph.node.extend([*before.made, *inner.node, *after.made])
    graph.input.append(helper.make_tensor_value_info(FACES, takes, (faces, *shape)))
    made_shape = (faces, classes)
    graph.output.append(helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, made_shape))
    return made


def real_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """The inputs that a caller feeds; old files list their weights among the inputs, too."""
    weights = {one.name for one in graph.initializer}
    return [one for one in graph.input if one.name not in weights]


def scaled(nodes: Nodes, faces: str, scale: PixelScale) -> str:
    """The nodes that compute `scale.apply` of faces (n, height, width, channels)."""
    values = nodes.add("Cast", faces, to=TensorProto.FLOAT)
    if scale.is_bgr:
        values = nodes.add("Gather", values, np.array([2, 1, 0]), axis=3)
    values = nodes.add("Mul", values, np.array(scale.factor, np.float32))
    values = nodes.add("Add", values, np.array(scale.offset, np.float32))
    if scale.is_per_image:
        values = nodes.add("Sub", values, _means(nodes, values))
        variances = _means(nodes, nodes.add("Mul", values, values))
        deviations = nodes.add("Sqrt", nodes.add("Add", variances, np.array([EPSILON], np.float32)))
        values = nodes.add("Div", values, deviations)
    return values


def _means(nodes: Nodes, values: str) -> str:
    # Not ReduceMean: it takes its axes in different ways before and after opset 18.
    columns = nodes.add("Reshape", values, np.array([0, 1, -1, 1]))
    return nodes.add("GlobalAveragePool", columns)


def shares(nodes: Nodes, numbers: str, classes: int) -> str:
    """The nodes that divide the numbers of each face by their sum; none is negative."""
    sums = nodes.add("MatMul", numbers, np.ones((classes, 1), np.float32))
    tiny = np.array([np.finfo(np.float32).tiny], np.float32)
    return nodes.add("Div", numbers, nodes.add("Add", sums, tiny))


def described(network: ModelProto, card: ModelCard) -> bytes:
    """The content of a file whose metadata hold what one must know to use the network."""
    made = ModelProto()
    made.CopyFrom(network)
    given = {one.key: one.value for one in network.metadata_props}
    contract = {
        "name": card.name,
        "labels": json.dumps(card.labels),
        "input": f"uint8 0-255, (n, {', '.join(map(str, card.shape))}), cut out as in framing",
        "height": str(card.height),
        "width": str(card.width),
        "channels": str(card.channels),
        "framing": json.dumps(dict(card.framing)),
        "temperature": str(card.temperature),
    }
    helper.set_model_props(made, {**given, **contract})
    content: bytes = made.SerializeToString()
    return content


def cost(network: ModelProto) -> dict[str, Any]:
    """`parameters`, and `multiply_adds` of one face in convolutions and dense layers."""
    graph = onnx.shape_inference.infer_shapes(network).graph
    values = [*graph.value_info, *graph.output]
    shapes = {
        one.name: [side.dim_value or 1 for side in one.type.tensor_type.shape.dim] for one in values
    }
    weights = {one.name: list(one.dims) for one in graph.initializer}
    products = 0
    for node in graph.node:
        if node.op_type not in ("Conv", "Gemm", "MatMul") or node.input[1] not in weights:
            continue
        kernel, made = weights[node.input[1]], shapes.get(node.output[0], [])
        places = made[2:] if node.op_type == "Conv" else made[1:-1]
        products += int(np.prod(kernel) * np.prod(places))
    sizes = [
        int(np.prod(one.dims)) for one in graph.initializer if one.data_type != TensorProto.INT64
    ]
    return {"parameters": sum(sizes), "multiply_adds": products}
