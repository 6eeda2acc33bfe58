import keras
import numpy as np
import pytest

from fer.errors import ModelError
from fer.models.card import ModelCard
from fer.models.model import Model
from fer.nets.explain import grad_cam, heat_colors, heat_on_face, occlusion

SIDE = 24
SPOT = (slice(4, 8), slice(12, 16))


def wrapped(model: keras.Model) -> Model:
    card = ModelCard(
        name="bright",
        labels=("bright", "dark"),
        height=SIDE,
        width=SIDE,
        channels=1,
        framing={},
        data={},
    )
    return Model.of(model, card)


@pytest.fixture(scope="module")
def brightness() -> Model:
    """The brighter the middle 20×20 pixels, the surer of `bright`; blind to the others."""
    inputs = keras.layers.Input((SIDE, SIDE, 1), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.CenterCrop(20, 20)(x)
    x = keras.layers.Conv2D(1, 2, 2, kernel_initializer="ones", trainable=False)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(2, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.layers[-1].set_weights([np.array([[9.0, -9.0]]), np.zeros(2)])
    return wrapped(model)


@pytest.fixture
def spot() -> np.ndarray:
    face = np.zeros((SIDE, SIDE, 1), np.uint8)
    face[SPOT] = 255
    return face


@pytest.mark.parametrize("method", ["grad_cam", "occlusion"])
def test_the_heat_lies_on_the_evidence(method: str, brightness: Model, spot: np.ndarray) -> None:
    if method == "grad_cam":
        heat = grad_cam(brightness.network, spot, 0)
    else:
        heat = occlusion(brightness.classify, spot, 0)
    assert (heat.shape, heat.dtype) == ((SIDE, SIDE), np.float32)
    assert heat.min() >= 0
    assert heat.max() == pytest.approx(1)
    y, x = np.unravel_index(heat.argmax(), heat.shape)
    assert SPOT[0].start - 1 <= y <= SPOT[0].stop
    assert SPOT[1].start - 1 <= x <= SPOT[1].stop
    assert heat[SPOT].mean() > 5 * heat[12:].mean()


def test_what_the_network_crops_away_is_cold(brightness: Model) -> None:
    heat = grad_cam(brightness.network, np.full((SIDE, SIDE, 1), 255, np.uint8), 0)
    assert heat[2:22, 2:22].min() > 0.99
    assert heat[:2].max() == heat[-2:].max() == heat[:, :2].max() == heat[:, -2:].max() == 0


def test_evidence_against_a_label_is_not_shown_as_evidence_for_it(
    brightness: Model, spot: np.ndarray
) -> None:
    assert grad_cam(brightness.network, spot, 1).max() == 0


def test_every_shipped_kind_of_network_can_be_explained() -> None:
    from fer.nets import architectures

    face = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 1), dtype=np.uint8)
    for name in architectures.NAMES:
        model = architectures.build(name, (SIDE, SIDE, 1), classes=2)
        heat = grad_cam(wrapped(model).network, face, 1)
        assert heat.shape == (SIDE, SIDE)
        assert np.isfinite(heat).all()


def test_a_network_without_convolutions_is_an_error() -> None:
    model = keras.Sequential(
        [
            keras.layers.Input((SIDE, SIDE, 1), dtype="uint8"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    with pytest.raises(ModelError, match="convolution"):
        grad_cam(wrapped(model).network, np.zeros((SIDE, SIDE, 1), np.uint8), 0)


def test_heat_is_bright_where_it_is_hot_and_lies_over_the_face_four_times_as_large() -> None:
    heat = np.zeros((12, 10), np.float32)
    heat[2, 7] = 1
    colors = heat_colors(heat, (10, 12))
    assert colors[2, 7].sum() > 600 > 60 > colors[9, 1].sum()
    assert colors[2, 7, 2] < colors[2, 7, 1]  # yellow, in RGB
    face = np.full((12, 10, 1), 200, np.uint8)
    shown = heat_on_face(face, heat)
    assert shown.shape == (48, 40, 3)
    assert shown[38, 4].mean() == pytest.approx(100, abs=5)  # half the face where it is cold
    assert shown[10, 30].mean() > 150
