import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fer.data import add
from fer.errors import ModelError
from fer.evaluation.packing import packed
from fer.models.keras_files import read_network
from fer.models.model import Model


@pytest.fixture(autouse=True)
def few_faces(home: None, face_folder: Path) -> None:
    """The data set of the model, by its name: a few faces, where `packed` would draw thousands."""
    add(face_folder, name="tiny")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_network_is_one_file_that_answers_as_the_model(
    tiny_folder: Path, tiny_model: Model, tmp_path: Path, suffix: str
) -> None:
    name, content, report = packed(tiny_folder, suffix)
    assert name == f"tiny{suffix}"
    assert report["files"] == [name]
    assert report["forms"][name]["same_answer"] == 1
    assert report["forms"][name]["images"] == 8
    (tmp_path / name).write_bytes(content)
    faces = np.random.default_rng(0).integers(0, 256, (4, 24, 24, 1), dtype=np.uint8)
    network = read_network(tmp_path / name)
    np.testing.assert_allclose(
        np.asarray(network(faces)), tiny_model.uncalibrated(faces), atol=1e-5
    )


def test_json_and_its_weights_are_a_zip(tiny_folder: Path, tmp_path: Path) -> None:
    name, content, _ = packed(tiny_folder, ".json")
    assert name == "tiny-json.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sorted(archive.namelist()) == [
            "tiny.json",
            "tiny.json.parity.json",
            "tiny.weights.h5",
        ]
        archive.extractall(tmp_path)
    assert read_network(tmp_path / "tiny.json").output_shape == (None, 2)


def test_an_unknown_format_is_an_error(tiny_folder: Path) -> None:
    with pytest.raises(ModelError, match=r"expected .keras, .h5"):
        packed(tiny_folder, ".pt")
