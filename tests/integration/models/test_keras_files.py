import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from fer import models
from fer.errors import ModelError
from fer.models import adoption, keras_files

LABELS = ("happy", "sad", "surprise")


def faces(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, 24, 24, 1), dtype=np.uint8)


@pytest.mark.parametrize("suffix", keras_files.SUFFIXES)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5:UserWarning")
def test_a_model_goes_out_and_comes_back_in_every_format(
    tiny_folder: Path, tmp_path: Path, suffix: str
) -> None:
    written = keras_files.save(tiny_folder, tmp_path / f"network{suffix}")
    assert all(file.is_file() for file in written)
    card = adoption.adopt(written[0], ("happy", "surprise"), out=tmp_path / "back", scale="0-255")
    back, before = models.load(tmp_path / "back"), models.load(tiny_folder)
    np.testing.assert_allclose(
        back.uncalibrated(faces(5)), before.uncalibrated(faces(5)), atol=1e-5
    )
    assert (card.labels, card.multiply_adds) == (before.card.labels, before.card.multiply_adds)


def test_code_in_a_foreign_network_is_not_run(tmp_path: Path) -> None:
    model = keras.Sequential(
        [layers.Input((20, 24, 1)), layers.Flatten(), layers.Lambda(lambda x: x[:, :3])]
    )
    model.save(tmp_path / "network.keras")
    (tmp_path / "network.json").write_text(json.dumps(json.loads(model.to_json())))
    (tmp_path / "network.weights.h5").touch()
    for name in ("network.keras", "network.json"):
        with pytest.raises(ModelError, match="cannot be loaded"):
            adoption.adopt(tmp_path / name, LABELS, out=tmp_path / "mine")


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
        keras_files.save(tiny_folder, file)
    assert file.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [file]
