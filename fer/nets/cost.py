"""What a network costs, counted from its layers."""

import math

import keras
from keras import layers


def multiply_adds(layer: keras.layers.Layer) -> int:
    """Multiply-adds of a layer or a network for one image, in convolutions and dense layers."""
    if isinstance(layer, keras.Model):
        return sum(map(multiply_adds, layer.layers))
    if not isinstance(layer, (layers.Conv2D, layers.SeparableConv2D, layers.Dense)):
        return 0
    places: int = math.prod(layer.output.shape[1:-1])
    kernels = (weight.shape for weight in layer.weights if weight.name.endswith("kernel"))
    return sum(places * math.prod(kernel) for kernel in kernels)


def summary(model: keras.Model) -> list[dict[str, str | int]]:
    """One row per layer: its kind, output shape, parameters and multiply-adds."""
    return [
        {
            "layer": type(layer).__name__,
            "output": "×".join(str(side) for side in layer.output.shape[1:]),
            "parameters": layer.count_params(),
            "multiply_adds": multiply_adds(layer),
        }
        for layer in model.layers
    ]
