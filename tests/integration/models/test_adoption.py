from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from fer import api, models
from fer.data import Dataset
from fer.errors import ConfigError, ModelError
from fer.models import adoption, keras_files
from fer.models.pixel_scales import SCALES
from fer.nets.forward import compile_features
from fer.people import Person, act_as
from fer.training.config import TrainingConfig

LABELS = ("happy", "sad", "surprise")


@pytest.fixture(scope="module")
def notebook_network() -> keras.Model:
    """What a tutorial builds: floats of 0–1 in, logits out."""
    return keras.Sequential(
        [
            layers.Input((20, 24, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


def faces(n: int, height: int = 24) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, height, 24, 1), dtype=np.uint8)


@pytest.mark.parametrize(("scale", "factor", "offset"), [("0-1", 255, 0), ("-1-1", 127.5, -1)])
def test_a_foreign_network_gets_its_scale_and_a_softmax(
    notebook_network: keras.Model, tmp_path: Path, scale: str, factor: float, offset: float
) -> None:
    notebook_network.save(tmp_path / "network.keras")
    adoption.adopt(tmp_path / "network.keras", LABELS, out=tmp_path / "mine", scale=scale)
    found = models.load(tmp_path / "mine").uncalibrated(faces(4, 20))
    logits = np.asarray(notebook_network(faces(4, 20) / factor + offset))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("is_nested", [False, True])
def test_a_sigmoid_a_class_is_divided_by_the_sum(
    notebook_network: keras.Model, tmp_path: Path, is_nested: bool
) -> None:
    network = keras.Sequential([notebook_network, layers.Activation("sigmoid")])
    if is_nested:
        network = keras.Sequential([layers.Input((20, 24, 1)), network])
    network.save(tmp_path / "network.keras")
    card = adoption.adopt(tmp_path / "network.keras", LABELS, out=tmp_path / "mine")
    sigmoids = np.asarray(network(faces(4, 20) / 255))
    model = models.load(tmp_path / "mine")
    found = model.uncalibrated(faces(4, 20))
    np.testing.assert_allclose(found, sigmoids / sigmoids.sum(axis=1, keepdims=True), atol=1e-5)
    assert "divided by their sum" in card.remarks[0]
    assert compile_features(model.network)(faces(2, 20)).shape[0] == 2


@pytest.mark.parametrize("scale", SCALES)
def test_the_layers_of_a_scale_compute_what_it_computes(tmp_path: Path, scale: str) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (4, 20, 24, 3), dtype=np.uint8)
    inputs = layers.Input((20, 24, 3), dtype="uint8")
    keras.Model(inputs, adoption.scaled(inputs, SCALES[scale])).save(tmp_path / "scale.keras")
    back = keras.saving.load_model(tmp_path / "scale.keras", safe_mode=True)
    np.testing.assert_allclose(np.asarray(back(rgb)), SCALES[scale].apply(rgb), atol=1e-4)
    assert not back.weights


def test_an_adopted_network_is_trained_further_on_its_own_classes_only(
    tiny_folder: Path, tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path: Path
) -> None:
    file = tmp_path / "network.keras"
    keras_files.write_network(models.load(tiny_folder).network, file)
    adoption.adopt(file, ("happy", "surprise"), out=tmp_path / "mine", scale="0-255")
    config = replace(tiny_config, start_from=str(tmp_path / "mine"), epochs=1)
    trained = api.train(tiny_dataset, config=config, out=tmp_path / "on")
    assert trained.card.labels == ("happy", "surprise")
    with pytest.raises(
        ConfigError, match=r"comes from elsewhere, so it cannot be trained with logit_adjustment"
    ):
        api.train(tiny_dataset, config=replace(config, logit_adjustment=0.3), out=tmp_path / "no")


def test_a_network_that_does_not_fit_is_an_error(
    notebook_network: keras.Model, tmp_path: Path
) -> None:
    file, other = tmp_path / "network.keras", tmp_path / "network.pkl"
    notebook_network.save(file)
    other.write_bytes(b"pickled")
    with pytest.raises(ModelError, match="one number for each of happy, sad"):
        adoption.adopt(file, ("happy", "sad"), out=tmp_path / "mine")
    with pytest.raises(ModelError, match="Known: 0-1, -1-1, 0-255"):
        adoption.adopt(file, LABELS, out=tmp_path / "mine", scale="0-2")
    with pytest.raises(ModelError, match=r"expected \.keras, \.h5, \.hdf5, \.json"):
        adoption.adopt(other, LABELS, out=tmp_path / "mine")
    with pytest.raises(ModelError, match="There is no file"):
        adoption.adopt(tmp_path / "nothing.h5", LABELS, out=tmp_path / "mine")
    file.write_bytes(b"no network")
    with pytest.raises(ModelError, match="is no file of Keras"):
        adoption.adopt(file, LABELS, out=tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_the_ending_that_a_network_needs_is_measured_whatever_its_last_layer_is(
    notebook_network: keras.Model,
) -> None:
    adjusted = [notebook_network, layers.Rescaling(1, offset=[0.3, 0, -0.2])]
    for added, ending in (
        ([], "softmax"),
        ([layers.Softmax()], ""),
        ([layers.Activation("sigmoid"), layers.Dropout(0.5)], "shares"),
    ):
        network = keras.Sequential([*adjusted, *added])
        assert adoption.ending_needed(network, (20, 24, 1), "0-255") == ending


def test_the_card_of_an_adopted_network_names_whoever_added_it(
    notebook_network: keras.Model, tmp_path: Path
) -> None:
    notebook_network.save(tmp_path / "network.keras")
    with act_as(Person(name="kim@example.org")):
        adoption.adopt(tmp_path / "network.keras", LABELS, out=tmp_path / "mine")
    assert models.load(tmp_path / "mine").card.made_by == "kim@example.org"
