"""MTCNN's three networks in OpenCV, with the weights of the package of that name.

Importing the package would import TensorFlow, which takes seconds and half a gigabyte. So the
weights are read from its folder, and the networks are described to OpenCV as ONNX.
"""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from fer.errors import DetectorError
from fer.faces.onnx_writer import INPUT, Graph, Shape
from fer.faces.pool import Pool

Weights = Iterator[np.ndarray]
"""A network's arrays, layer by layer; building the network consumes them."""


class Network:
    """A network in OpenCV; safe to share between threads."""

    def __init__(self, graph: Graph, input_shape: Shape, outputs: Mapping[str, Shape]) -> None:
        content = np.frombuffer(graph.to_bytes(input_shape, outputs), np.uint8)
        self._outputs = list(outputs)
        self._pool = Pool(lambda: cv2.dnn.readNetFromONNX(content))

    def __call__(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """The outputs for images of shape (n, 3, height, width), RGB scaled to ±1, float32."""
        with self._pool.borrow() as net:
            net.setInput(batch)
            return tuple(net.forward(self._outputs))


def load_networks() -> tuple[Network, Network, Network]:
    """Build the networks of the three stages.

    All give `offsets`, which move a box's left, top, right and bottom in parts of its sides, and
    `scores`, the probabilities of no face and of a face.

    Returns:
        One that judges windows of 12 px, 2 px apart, of an image of any size: offsets
        (1, 4, rows, columns) and scores (1, 2, rows, columns). One for patches of 24 px: offsets
        (n, 4) and scores (n, 2). One for patches of 48 px: the same, and in between landmarks
        (n, 10): five x and five y in parts of the box's sides.

    Raises:
        DetectorError: If the package is missing or incomplete.
    """
    spec = find_spec("mtcnn")
    try:
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError("the package mtcnn is not installed")
        import joblib  # not above: it comes with the package

        folder = Path(spec.origin).parent / "assets" / "weights"
        p, r, o = (iter(joblib.load(folder / f"{stage}net.lz4")) for stage in "pro")
        return _proposal_network(p), _refinement_network(r), _output_network(o)
    except Exception as error:  # noqa: BLE001 - joblib and OpenCV raise nearly anything on damage
        raised = DetectorError(
            f"MTCNN cannot be loaded ({error}). Add YuNet, which is faster (0.2 MB), or install "
            "MTCNN again: pip install mtcnn"
        )
        raised.add_note("To add YuNet: python -m fer detectors download")
        raise raised from None


def _proposal_network(weights: Weights) -> Network:
    graph = Graph()
    x = _max_pool(graph, _block(graph, INPUT, weights), 2, beyond_edge=True)
    x = _block(graph, _block(graph, x, weights), weights)
    offsets, scores = _layer(graph, x, weights), _softmax(graph, x, weights)
    outputs = {offsets: (1, 4, "rows", "columns"), scores: (1, 2, "rows", "columns")}
    return Network(graph, (1, 3, "height", "width"), outputs)


def _refinement_network(weights: Weights) -> Network:
    graph = Graph()
    x = _max_pool(graph, _block(graph, INPUT, weights), 3, beyond_edge=True)
    x = _max_pool(graph, _block(graph, x, weights), 3)
    x = _dense_block(graph, _block(graph, x, weights), weights)
    offsets, scores = _layer(graph, x, weights), _softmax(graph, x, weights)
    return Network(graph, ("n", 3, 24, 24), {offsets: ("n", 4), scores: ("n", 2)})


def _output_network(weights: Weights) -> Network:
    graph = Graph()
    x = _max_pool(graph, _block(graph, INPUT, weights), 3, beyond_edge=True)
    x = _max_pool(graph, _block(graph, x, weights), 3)
    x = _max_pool(graph, _block(graph, x, weights), 2)
    x = _dense_block(graph, _block(graph, x, weights), weights)
    offsets, landmarks = _layer(graph, x, weights), _layer(graph, x, weights)
    scores = _softmax(graph, x, weights)
    outputs = {offsets: ("n", 4), landmarks: ("n", 10), scores: ("n", 2)}
    return Network(graph, ("n", 3, 48, 48), outputs)


def _layer(graph: Graph, x: str, weights: Weights) -> str:
    """A convolution without padding, or a dense layer."""
    kernel, bias = islice(weights, 2)
    if kernel.ndim == 2:
        return graph.node("Gemm", x, graph.constant(kernel), graph.constant(bias))
    kernel = kernel.transpose(3, 2, 0, 1)  # height, width, inputs, outputs → as ONNX has them
    size = list(kernel.shape[2:])
    return graph.node("Conv", x, graph.constant(kernel), graph.constant(bias), kernel_shape=size)


def _block(graph: Graph, x: str, weights: Weights) -> str:
    """A layer and its PReLU."""
    x = _layer(graph, x, weights)
    slope = next(weights)
    if slope.ndim == 3:
        slope = slope.transpose(2, 0, 1)
    return graph.node("PRelu", x, graph.constant(slope))


def _dense_block(graph: Graph, x: str, weights: Weights) -> str:
    x = graph.node("Transpose", x, perm=[0, 3, 2, 1])  # the weights expect column by column
    return _block(graph, graph.node("Flatten", x, axis=1), weights)


def _softmax(graph: Graph, x: str, weights: Weights) -> str:
    return graph.node("Softmax", _layer(graph, x, weights), axis=1)


def _max_pool(graph: Graph, x: str, side: int, *, beyond_edge: bool = False) -> str:
    """The maximum of windows 2 px apart, of which the last may extend beyond the edge."""
    return graph.node(
        "MaxPool", x, kernel_shape=[side, side], strides=[2, 2], ceil_mode=int(beyond_edge)
    )
