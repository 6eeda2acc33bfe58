import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fer
from fer import models
from fer.data import Dataset
from fer.errors import DatasetError, MissingPackageError, ModelError
from fer.evaluation.parity import parity
from fer.evaluation.saving import save
from fer.models import formats, onnx_export
from fer.models.card import ModelCard

needs_onnx = pytest.mark.skipif(
    not onnx_export.is_installed(), reason="the extra onnx is not installed"
)
SUFFIXES = [
    pytest.param(one, marks=needs_onnx) if one == ".onnx" else one for one in formats.SUFFIXES
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5:UserWarning")
def test_each_file_is_compared_with_the_network_that_it_came_from(
    tiny_folder: Path, tiny_dataset: Dataset, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"network{suffix}"
    report = save(tiny_folder, file, tiny_dataset)
    assert json.loads((tmp_path / f"network{suffix}.parity.json").read_text()) == report
    original, written = report["forms"]["keras"], report["forms"][file.name]
    assert written["largest_difference"] < (1e-3 if suffix == ".tflite" else 1e-5)  # in float16
    assert written["same_answer"] == 1
    assert written["accuracy"] == original["accuracy"]
    assert (written["images"], written["split"], written["synthetic"]) == (16, "test", True)
    assert written["bytes"] == sum(Path(one).stat().st_size for one in report["files"])
    assert written["one_face_ms"] > 0


@needs_onnx
def test_an_exported_onnx_file_keeps_the_contract_for_any_number_of_faces(
    tiny_folder: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    import onnx
    import onnxruntime

    save(tiny_folder, tmp_path / "network.onnx", tiny_dataset)
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    for n in (1, 7):
        faces = np.random.default_rng(n).integers(0, 256, (n, 24, 24, 1), np.uint8)
        [found] = session.run(["probabilities"], {"faces": faces})
        expected = models.load(tiny_folder).uncalibrated(faces)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    proto = onnx.load(tmp_path / "network.onnx")
    metadata = {one.key: one.value for one in proto.metadata_props}
    assert json.loads(metadata["labels"]) == ["happy", "surprise"]
    assert (metadata["height"], metadata["width"], metadata["channels"]) == ("24", "24", "1")


@needs_onnx
def test_batch_normalisation_is_exported_as_it_answers_and_not_as_it_learns(
    tmp_path: Path,
) -> None:
    import keras

    from fer.models.onnx_runtime import Network

    inputs = keras.layers.Input((16, 16, 1), dtype="uint8")
    values = keras.layers.Conv2D(4, 3)(keras.layers.Rescaling(1 / 255)(inputs))
    norm = keras.layers.BatchNormalization()
    values = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(norm(values, training=True)))
    network = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(values))
    norm.set_weights([np.full(4, value, np.float32) for value in (1.5, 0.1, 0.2, 3.0)])
    card = ModelCard(
        name="norm", labels=("happy", "sad"), height=16, width=16, channels=1, framing={}, data={}
    )
    path = tmp_path / "norm.onnx"
    path.write_bytes(onnx_export.convert(network, card))
    faces = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1), np.uint8)
    expected = network(faces, training=False)
    np.testing.assert_allclose(Network(path.read_bytes(), path)(faces), expected, atol=1e-5)


def test_a_network_that_answers_otherwise_is_reported(
    tiny_folder: Path, tiny_dataset: Dataset
) -> None:
    original = models.load(tiny_folder)
    other = replace(
        original,
        card=replace(original.card, model_sha256=""),  # so that no kept answers are taken
        forward=lambda faces: original.forward(faces)[:, ::-1],
    )
    rows = parity(original, {"exchanged": other}, tiny_dataset, "test")
    assert rows["exchanged"]["same_answer"] == 0
    assert rows["exchanged"]["accuracy"] == pytest.approx(1 - rows["keras"]["accuracy"])
    assert rows["exchanged"]["largest_difference"] > 0.1
    assert rows["keras"]["largest_difference"] == 0


def test_without_a_data_set_drawn_faces_are_named_as_drawn(
    tiny_folder: Path, tmp_path: Path
) -> None:
    report = fer.save(tiny_folder, tmp_path / "network.keras")
    row = report["forms"]["network.keras"]
    assert (row["dataset"], row["synthetic"]) == ("synthetic", True)
    assert row["same_answer"] == 1


def test_what_cannot_be_written_or_compared_is_an_error_before_a_file_appears(
    tiny_folder: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"expected \.keras, \.h5, \.json, \.onnx, \.tflite"):
        save(tiny_folder, tmp_path / "network.pt", tiny_dataset)
    with pytest.raises(DatasetError, match="private_test"):
        save(tiny_folder, tmp_path / "network.keras", tiny_dataset, "private_test")
    with pytest.raises(DatasetError):
        save(tiny_folder, tmp_path / "network.keras", "no-such-data")
    assert not list(tmp_path.iterdir())


def test_a_missing_extra_is_named_before_a_file_appears(
    tiny_folder: Path, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer.importing.find_spec", lambda package: None)
    with pytest.raises(MissingPackageError, match=r"needs the package onnx,.*\[onnx\]"):
        save(tiny_folder, tmp_path / "network.onnx", tiny_dataset)
    assert not list(tmp_path.iterdir())
