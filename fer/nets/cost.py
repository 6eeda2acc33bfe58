"""What a network costs, counted from its layers."""

import math

import keras
from keras import layers


def multiply_adds(model: keras.Model) -> int:
    """Multiply-adds of one forward pass of one image, counting convolutions and dense layers."""
    return sum(layer_multiply_adds(layer) for layer in model.layers)


def layer_multiply_adds(layer: keras.layers.Layer) -> int:
    """Multiply-adds of one layer for one image; of a network that is a layer, all its own."""
    if isinstance(layer, keras.Model):
        return multiply_adds(layer)
    if isinstance(layer, layers.SeparableConv2D):
        rows, columns = layer.output.shape[1:3]
        kernels = (layer.depthwise_kernel, layer.pointwise_kernel)
        return int(rows * columns * sum(math.prod(kernel.shape) for kernel in kernels))
    if isinstance(layer, layers.Conv2D):
        rows, columns = layer.output.shape[1:3]
        return int(rows * columns * math.prod(layer.kernel.shape))
    if isinstance(layer, layers.Dense):
        return math.prod(layer.kernel.shape)
    return 0


def summary(model: keras.Model) -> list[dict[str, str | int]]:
    """One row per layer: its kind, output shape, parameters and multiply-adds."""
    return [
        {
            "layer": type(layer).__name__,
            "output": "×".join(str(side) for side in layer.output.shape[1:]),
            "parameters": layer.count_params(),
            "multiply_adds": layer_multiply_adds(layer),
        }
        for layer in model.layers
    ]
