import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from fer import api, models
from fer.data import Dataset
from fer.errors import ConfigError, ModelError
from fer.models import formats
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


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5:UserWarning")
def test_a_model_goes_out_and_comes_back_in_every_format(
    tiny_folder: Path, tmp_path: Path, suffix: str
) -> None:
    written = formats.save(tiny_folder, tmp_path / f"network{suffix}")
    assert all(file.is_file() for file in written)
    card = formats.adopt(written[0], ("happy", "surprise"), out=tmp_path / "back", scale="0-255")
    back, before = models.load(tmp_path / "back"), models.load(tiny_folder)
    np.testing.assert_allclose(
        back.uncalibrated(faces(5)), before.uncalibrated(faces(5)), atol=1e-5
    )
    assert (card.labels, card.multiply_adds) == (before.card.labels, before.card.multiply_adds)


@pytest.mark.parametrize(("scale", "factor", "offset"), [("0-1", 255, 0), ("-1-1", 127.5, -1)])
def test_a_foreign_network_gets_its_scale_and_a_softmax(
    notebook_network: keras.Model, tmp_path: Path, scale: str, factor: float, offset: float
) -> None:
    notebook_network.save(tmp_path / "network.keras")
    formats.adopt(tmp_path / "network.keras", LABELS, out=tmp_path / "mine", scale=scale)
    found = models.load(tmp_path / "mine").uncalibrated(faces(4, 20))
    logits = np.asarray(notebook_network(faces(4, 20) / factor + offset))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_an_adopted_network_is_trained_further_on_its_own_classes_only(
    tiny_folder: Path, tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path: Path
) -> None:
    file = formats.save(tiny_folder, tmp_path / "network.keras")[0]
    formats.adopt(file, ("happy", "surprise"), out=tmp_path / "mine", scale="0-255")
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
    file = tmp_path / "network.keras"
    notebook_network.save(file)
    with pytest.raises(ModelError, match="one number for each of happy, sad"):
        formats.adopt(file, ("happy", "sad"), out=tmp_path / "mine")
    with pytest.raises(ModelError, match="Known: 0-255, 0-1, -1-1"):
        formats.adopt(file, LABELS, out=tmp_path / "mine", scale="0-2")
    with pytest.raises(ModelError, match=r"expected \.keras, \.h5, \.json"):
        formats.adopt(tmp_path / "network.onnx", LABELS, out=tmp_path / "mine")
    with pytest.raises(ModelError, match="There is no file"):
        formats.adopt(tmp_path / "nothing.h5", LABELS, out=tmp_path / "mine")
    file.write_bytes(b"no network")
    with pytest.raises(ModelError, match="cannot be loaded by Keras"):
        formats.adopt(file, LABELS, out=tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_code_in_a_foreign_network_is_not_run(tmp_path: Path) -> None:
    model = keras.Sequential(
        [layers.Input((20, 24, 1)), layers.Flatten(), layers.Lambda(lambda x: x[:, :3])]
    )
    model.save(tmp_path / "network.keras")
    (tmp_path / "network.json").write_text(json.dumps(json.loads(model.to_json())))
    (tmp_path / "network.weights.h5").touch()
    for name in ("network.keras", "network.json"):
        with pytest.raises(ModelError, match="cannot be loaded"):
            formats.adopt(tmp_path / name, LABELS, out=tmp_path / "mine")


def test_a_network_that_cannot_be_written_whole_leaves_the_old_file(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "network.keras"
    file.write_bytes(b"the old one")

    def breaks_off(self: keras.Model, path: Path) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", breaks_off)
    with pytest.raises(ModelError, match="No space left"):
        formats.save(tiny_folder, file)
    assert file.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [file]
