"""Which parts of a face a network relies on, as heat maps."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from fer.errors import ModelError
from fer.nets.forward import Forward

if TYPE_CHECKING:
    import keras

_PATCH_PARTS = 4  # the patch of `occlusion` has a quarter of the face's side


def grad_cam(network: "keras.Model", face: np.ndarray, label_index: int) -> np.ndarray:
    """The evidence for a label, by the gradients at the last spatial layer.

    Selvaraju et al. 2017, Grad-CAM. The gradients are of the label's score before the softmax.

    Args:
        network: A convolutional one.
        face: Its input, shape (height, width, channels), uint8.
        label_index: Which of its outputs.

    Returns:
        Shape (height, width), float32, 0–1, 1 where the evidence is strongest; all 0 if there is
        no evidence. What the network crops away is 0.

    Raises:
        ModelError: If the network has no convolution, or does not run on TensorFlow.
    """
    parts = _gradients(network)(face[None], label_index)
    features, gradients = (part[0].numpy() for part in parts)  # (rows, columns, k)
    heat = np.maximum(features @ gradients.mean(axis=(0, 1)), 0)
    return _normalised(_placed(heat, network, *face.shape[:2]))


def occlusion(classify: Forward, face: np.ndarray, label_index: int) -> np.ndarray:
    """How much of a label's probability is lost when a grey patch hides each place.

    Zeiler & Fergus 2014, Visualizing and Understanding Convolutional Networks. The patch has the
    face's mean grey.

    Args:
        classify: Gives the probabilities of faces, shape (n, classes).
        face: Its input, shape (height, width, channels), uint8.
        label_index: Which of its outputs.

    Returns:
        Shape (height, width), float32, 0–1, 1 where hiding costs the label most; all 0 if it
        never costs anything.
    """
    height, width = face.shape[:2]
    patch = max(min(height, width) // _PATCH_PARTS, 1)
    step = max(patch // 3, 1)
    places = [
        (slice(max(y, 0), y + patch), slice(max(x, 0), x + patch))
        for y in range(step - patch, height, step)
        for x in range(step - patch, width, step)
    ]
    hidden = np.repeat(face[None], len(places) + 1, axis=0)
    for patched, place in zip(hidden[1:], places, strict=True):
        patched[place] = round(float(face.mean()))
    probability = classify(hidden)[:, label_index]
    lost, times = np.zeros((2, height, width), np.float32)
    for place, value in zip(places, probability[1:], strict=True):
        lost[place] += probability[0] - value
        times[place] += 1
    return _normalised(np.maximum(lost / times, 0))


def heat_colors(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A heat map in colours: bright yellow where it is hot, dark violet where it is cold.

    Args:
        heat: Shape (h, w), float32, 0–1.
        size: Width and height of the result.

    Returns:
        RGB, shape (height, width, 3), uint8.
    """
    levels = (255 * cv2.resize(heat.astype(np.float32), size).clip(0, 1)).astype(np.uint8)
    return cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)


def heat_on_face(face: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A face, (h, w, 1) or (h, w, 3), uint8, under its heat map: RGB, four times as large."""
    size = (face.shape[1] * 4, face.shape[0] * 4)
    grey = cv2.resize(np.ascontiguousarray(face.mean(axis=2)), size).astype(np.float32)
    return (0.5 * grey[:, :, None] + 0.5 * heat_colors(heat, size)).clip(0, 255).astype(np.uint8)


@lru_cache(maxsize=4)
def _gradients(model: "keras.Model") -> Callable[[np.ndarray, int], Any]:
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            f"Grad-CAM needs Keras on TensorFlow; it runs on {keras.backend.backend()}. "
            "Set KERAS_BACKEND=tensorflow, or use the occlusion map."
        )
    import tensorflow as tf

    last = model.layers[-1]
    softmax = keras.activations.softmax
    has_logits = isinstance(last, keras.layers.Dense) and last.activation is softmax
    spatial = _last_spatial(model)
    outputs = [spatial.output, last.input if has_logits else model.output]
    inner = keras.Model(model.inputs, outputs)
    shape = tf.TensorSpec((1, *model.input_shape[1:]), tf.uint8)

    def differentiate(face: Any, label: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([weight.value for weight in model.weights])  # frozen ones too
            features, output = inner(face, training=False)
            scores = output @ last.kernel + last.bias if has_logits else tf.math.log(output)
            score = tf.gather(scores, label, axis=1)
        gradients = tape.gradient(score, features)
        if gradients is None:
            raise _no_places(model)
        return features, gradients

    graph = tf.function(
        differentiate, input_signature=[shape, tf.TensorSpec((), tf.int32)], autograph=False
    ).get_concrete_function()
    return lambda face, label: graph(tf.constant(face), tf.constant(label, tf.int32))


def _last_spatial(model: "keras.Model") -> Any:
    for layer in reversed(model.layers):
        shape = getattr(layer.output, "shape", ())
        if len(shape) == 4 and None not in shape[1:] and min(shape[1:3]) > 1:
            return layer
    raise _no_places(model)


def _no_places(model: "keras.Model") -> ModelError:
    return ModelError(
        f"The network '{model.name}' has no convolution, so Grad-CAM has nothing to show. "
        "Use a convolutional network, or the occlusion map."
    )


def _placed(heat: np.ndarray, model: "keras.Model", height: int, width: int) -> np.ndarray:
    """Scale heat up to the face, or to the part of it that the network crops."""
    import keras

    crops = [layer for layer in model.layers if isinstance(layer, keras.layers.CenterCrop)]
    rows, columns = (crops[0].height, crops[0].width) if crops else (height, width)
    placed = np.zeros((height, width), np.float32)
    top, left = (height - rows) // 2, (width - columns) // 2
    # The centres of the outermost cells lie within the face, as bilinear resizing assumes.
    resized = cv2.resize(heat.astype(np.float32), (columns, rows))
    placed[top : top + rows, left : left + columns] = resized
    return placed


def _normalised(heat: np.ndarray) -> np.ndarray:
    peak = heat.max()
    return (heat / peak if peak > 0 else heat).astype(np.float32)
