"""What works of a model whose only network is ONNX, and what does not."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fer import api, models
from fer.cli.main import app
from fer.data import Dataset
from fer.errors import ModelError
from fer.evaluation.saving import save
from fer.inference.predictor import Predictor
from fer.models import adoption

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture
def adopted(tiny_dataset: Dataset, tmp_path: Path) -> Path:
    """The folder of a model that computes what `tiny_model` does."""
    from onnx import TensorProto, helper, numpy_helper

    train = tiny_dataset.select("train")
    faces = train.pixels.reshape(len(train), -1) / np.float32(255)
    targets = train.targets_among(tiny_dataset.labels)
    means = np.stack([faces[targets == i].mean(axis=0) for i in range(2)])
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["input"], ["flat"]),
            helper.make_node("Gemm", ["flat", "means", "bias"], ["logits"], transB=1),
        ],
        "nearest",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ("n", 1, 24, 24))],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ("n", 2))],
        [
            numpy_helper.from_array(2 * means, "means"),
            numpy_helper.from_array(-(means**2).sum(axis=1), "bias"),
        ],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    proto.ir_version = 8
    onnx.save(proto, tmp_path / "network.onnx")
    adoption.adopt(tmp_path / "network.onnx", tiny_dataset.labels, out=tmp_path / "models" / "mine")
    return tmp_path / "models" / "mine"


def test_it_is_evaluated_calibrated_and_answers_photos(
    adopted: Path, tiny_model: models.Model, tiny_dataset: Dataset
) -> None:
    before = api.evaluate(adopted, tiny_dataset)
    expected = api.evaluate(tiny_model, tiny_dataset)
    assert before["accuracy"] == expected["accuracy"]
    assert before["log_loss"] == pytest.approx(expected["log_loss"], abs=1e-4)
    card = api.calibrate(adopted, tiny_dataset)
    assert card.temperature != 1
    assert models.load(adopted).card.temperature == card.temperature
    assert api.evaluate(adopted, tiny_dataset)["accuracy"] == before["accuracy"]
    photo = np.repeat(tiny_dataset.pixels[0], 3, axis=2)
    [face] = Predictor.load(adopted, detector="none").predict(photo).faces
    assert set(face.probabilities) == {"happy", "surprise"}


def test_a_report_has_all_but_the_maps_that_need_layers(
    adopted: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    api.evaluate(adopted, tiny_dataset, report=tmp_path / "report.html")
    assert "accuracy" in (tmp_path / "report.html").read_text()


def test_its_onnx_file_is_written_and_other_formats_are_refused(
    adopted: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    report = save(adopted, tmp_path / "out.onnx", tiny_dataset)
    assert report["forms"]["out.onnx"]["largest_difference"] == 0
    with pytest.raises(ModelError, match=r"is an ONNX network.*other formats need a Keras network"):
        save(adopted, tmp_path / "out.keras", tiny_dataset)
    with pytest.raises(ModelError, match="need a Keras network"):
        api.export(adopted, tiny_dataset)
    assert sorted(one.name for one in tmp_path.glob("out*")) == ["out.onnx", "out.onnx.parity.json"]
    assert {one.name for one in adopted.iterdir()} == {"model.onnx", "card.json", "README.md"}


def test_it_is_listed_among_the_models(adopted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODELS", str(adopted.parent))
    result = CliRunner().invoke(app, ["models"])
    assert "mine" in result.stdout
    assert "24×24×1" in result.stdout


def test_its_commands_work_where_keras_is_not_installed(
    adopted: Path, face_folder: Path, tmp_path: Path
) -> None:
    """Unit tests fail at any import of Keras."""
    measured = CliRunner().invoke(app, ["evaluate", str(adopted), str(face_folder)])
    assert measured.exit_code == 0, measured.output
    out = tmp_path / "out.onnx"
    saved = CliRunner().invoke(app, ["save", str(adopted), str(out), "--data", str(face_folder)])
    assert saved.exit_code == 0, saved.output
    assert "Compared on 8 faces" in saved.stdout
