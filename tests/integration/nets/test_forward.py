from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from fer.nets.forward import compile_forward


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """The share of each of two pixels in their sum, with dropout that prediction must not apply."""
    face = keras.Input((1, 2, 1), dtype="uint8")
    pixels = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(face))
    shares = keras.layers.Dense(2, activation="softmax", use_bias=False)
    probabilities = shares(keras.layers.Dropout(0.9)(pixels))
    shares.set_weights([np.diag(np.log([16, 16])).astype(np.float32)])
    return keras.Model(face, probabilities)


def test_probabilities_are_those_of_the_layers_without_dropout(network: keras.Model) -> None:
    faces = np.array([[255, 0], [255, 255]], np.uint8).reshape(2, 1, 2, 1)
    # exp(log 16) = 16 against exp(0) = 1, and 16 against 16.
    expected = np.array([[16 / 17, 1 / 17], [1 / 2, 1 / 2]])
    assert compile_forward(network)(faces) == pytest.approx(expected, abs=1e-6)


def test_one_compiled_pass_serves_any_number_of_faces_and_several_threads(
    network: keras.Model,
) -> None:
    forward = compile_forward(network)
    faces = np.random.default_rng(0).integers(0, 256, (9, 1, 2, 1), dtype=np.uint8)
    together = forward(faces)
    with ThreadPoolExecutor(3) as pool:
        parts = list(pool.map(forward, [faces[:1], faces[1:4], faces[4:]]))
    assert np.concatenate(parts) == pytest.approx(together, abs=1e-6)
