"""Ways to make an ONNX network that was exported for one face take any number of faces."""

from collections.abc import Callable, Iterator

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

from fer.models.onnx_graph import ANY_NUMBER, FACES, PROBABILITIES, Nodes


def for_any_number(network: ModelProto, between: Callable[..., ModelProto]) -> Iterator[ModelProto]:
    """The ways to make a network that may be for one face take any number, the best first."""
    yield between(network)
    # Exporters write (1, -1) where a face is flattened; 0 takes the number from the input.
    opened = ModelProto()
    opened.CopyFrom(network)
    constants = _constants(opened.graph)
    for node in opened.graph.node:
        if node.op_type != "Reshape" or node.input[0] in constants:
            continue
        target = constants.get(node.input[1])
        if target is not None and (sides := numpy_helper.to_array(target).tolist())[:1] == [1]:
            opened_sides = np.array([0, *sides[1:]], np.int64)
            target.CopyFrom(numpy_helper.from_array(opened_sides, target.name))
    yield between(opened)
    yield _scanned(between(network, faces=1))


def _constants(graph: onnx.GraphProto) -> dict[str, TensorProto]:
    """The tensors of a graph that are written in the file, to be changed in place."""
    values = {
        node.output[0]: attribute.t
        for node in graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.name == "value"
    }
    return values | {one.name: one for one in graph.initializer}


def _scanned(single: ModelProto) -> ModelProto:
    """A network for one face, run on each of any number of faces."""
    graph = single.graph
    (_, *shape), (_, classes) = (
        [side.dim_value for side in one.type.tensor_type.shape.dim]
        for one in (graph.input[0], graph.output[0])
    )
    body = onnx.GraphProto()
    body.CopyFrom(graph)
    for field in ("node", "input", "output"):
        body.ClearField(field)
    before, after = Nodes("before/"), Nodes("after/")
    end = before.add("Reshape", "face", np.array([1, *shape]))
    before.made.append(helper.make_node("Identity", [end], [FACES]))
    answer = after.add("Reshape", PROBABILITIES, np.array([classes]))
    body.node.extend([*before.made, *graph.node, *after.made])
    body.input.append(helper.make_tensor_value_info("face", TensorProto.FLOAT, shape))
    body.output.append(helper.make_tensor_value_info(answer, TensorProto.FLOAT, [classes]))
    outer = helper.make_graph(
        [helper.make_node("Scan", ["each"], ["answers"], body=body, num_scan_inputs=1)],
        graph.name,
        [helper.make_tensor_value_info("each", TensorProto.FLOAT, (ANY_NUMBER, *shape))],
        [helper.make_tensor_value_info("answers", TensorProto.FLOAT, (ANY_NUMBER, classes))],
    )
    made = ModelProto()
    made.CopyFrom(single)
    made.graph.CopyFrom(outer)
    return made
