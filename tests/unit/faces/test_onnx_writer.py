import cv2
import numpy as np
import pytest

from fer.faces.onnx_writer import INPUT, Graph


def run(graph: Graph, output: str, image: np.ndarray) -> np.ndarray:
    sizes = ("n", *image.shape[1:])
    content = graph.to_bytes(sizes, {output: ("n", "values")})
    net = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
    net.setInput(image)
    return net.forward()


def test_a_dense_layer_multiplies_and_adds() -> None:
    graph = Graph()
    weights, bias = np.array([[1, 2], [3, 4], [5, 6]]), np.array([0.5, -0.5])
    output = graph.node("Gemm", INPUT, graph.constant(weights), graph.constant(bias))
    rows = np.array([[1, 0, 0], [1, 1, 1]], np.float32)
    assert run(graph, output, rows) == pytest.approx(np.array([[1.5, 1.5], [9.5, 11.5]]))


def test_attributes_reach_the_operator() -> None:
    graph = Graph()
    output = graph.node("MaxPool", INPUT, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    image = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    assert run(graph, output, image).tolist() == [[[[4, 5], [7, 8]]]]


def test_a_tensor_of_over_127_values_is_written_whole() -> None:
    graph = Graph()
    values = np.arange(300, dtype=np.float32).reshape(1, 300)
    output = graph.node("Add", INPUT, graph.constant(values))
    assert run(graph, output, np.ones((1, 300), np.float32)) == pytest.approx(values + 1)
