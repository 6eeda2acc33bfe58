import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fer import api, models
from fer.data import Dataset
from fer.errors import ConfigError, DatasetError, ModelError
from fer.models import onnx_export


def faces(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, 24, 24, 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def exported(
    tiny_folder: Path, tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = Path(shutil.copytree(tiny_folder, tmp_path_factory.mktemp("exported") / "tiny"))
    api.export(folder, tiny_dataset)
    return folder


def test_litert_answers_as_the_network_does_whatever_the_number_of_faces(exported: Path) -> None:
    keras, litert = models.load(exported), models.load(exported, form="litert")
    for n in (1, 7, 1, 130):
        np.testing.assert_allclose(
            litert.classify(faces(n)), keras.classify(faces(n)), atol=1e-5, strict=True
        )


def test_int8_is_a_third_of_the_size_and_names_nearly_the_same(
    exported: Path, tiny_dataset: Dataset
) -> None:
    keras, int8 = models.load(exported), models.load(exported, form="litert-int8")
    sizes = {form: row["bytes"] for form, row in keras.card.forms.items()}
    assert sizes["litert-int8"] < sizes["litert"] / 3
    ours, theirs = (one.classify(tiny_dataset.pixels).argmax(axis=1) for one in (int8, keras))
    assert (ours == theirs).mean() > 0.9


def test_the_card_holds_size_figures_and_speed_of_each_form(
    exported: Path, tiny_dataset: Dataset
) -> None:
    forms = models.load(exported).card.forms
    assert tuple(forms) == tuple(models.FORMS)[: 4 if onnx_export.is_installed() else 3]
    for row in forms.values():
        assert (row["dataset"], row["synthetic"]) == ("tiny", True)
        assert (exported / row["file"]).stat().st_size == row["bytes"]
        assert row["images"] == 16
        assert row["one_face_ms"] > 0
        low, high = row["balanced_accuracy_ci95"]
        assert 0 <= low <= row["balanced_accuracy"] <= high <= 1
    assert forms["litert"]["accuracy"] == forms["keras"]["accuracy"]
    figures = api.evaluate(exported, tiny_dataset)
    assert forms["keras"]["balanced_accuracy"] == pytest.approx(figures["balanced_accuracy"])
    assert forms["litert"]["largest_difference"] < 1e-5 < forms["litert-int8"]["largest_difference"]
    assert forms["litert"]["same_answer"] == 1


def test_one_litert_network_serves_several_threads(exported: Path) -> None:
    litert = models.load(exported, form="litert")
    expected = [litert.classify(faces(n)) for n in range(1, 9)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: litert.classify(faces(n)), [*range(1, 9)] * 4))
    for n, answer in enumerate(found):
        np.testing.assert_array_equal(answer, expected[n % 8])


def test_a_photo_needs_no_tensorflow_if_the_model_was_exported_to_litert(
    exported: Path,
) -> None:
    code = (
        "import sys, numpy as np; from fer.inference.predictor import Predictor\n"
        "p = Predictor.load(sys.argv[1], detector='none')\n"
        "p.predict(np.zeros((48, 48), np.uint8))\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(exported)], check=True, timeout=60)


def test_forms_take_the_place_of_all_that_were_there(exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "tiny"))
    (folder / "model.onnx").write_bytes(b"of an earlier network")
    card = models.load(folder).card
    new = models.save_forms({"litert": (folder / "model.tflite").read_bytes()}, card, folder)
    assert set(new.forms) == {"keras", "litert"}
    assert {file.name for file in folder.glob("model.*")} == {"model.keras", "model.tflite"}
    assert models.load(folder, form="litert").card == new
    assert (folder / "config.toml").read_text() == (exported / "config.toml").read_text()


def test_a_damaged_missing_or_unknown_form_is_an_error(exported: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(exported, tmp_path / "copy"))
    (copy / "model.tflite").write_bytes(b"no network")
    with pytest.raises(ModelError, match="SHA-256 differs"):
        models.load(copy, form="litert")
    (copy / "model.tflite").unlink()
    with pytest.raises(ModelError, match=r"no model\.tflite"):
        models.load(copy, form="auto")
    with pytest.raises(ConfigError, match="auto, original, keras, litert, litert-int8, onnx"):
        models.load(copy, form="tflite")


def test_loading_a_form_before_the_export_names_the_command(tiny_folder: Path) -> None:
    assert models.load(tiny_folder, form="auto").form == "keras"
    with pytest.raises(ModelError, match="fer export tiny"):
        models.load(tiny_folder, form="litert")


def test_what_cannot_be_measured_changes_nothing(exported: Path, tiny_dataset: Dataset) -> None:
    before = (exported / "card.json").read_text()
    with pytest.raises(DatasetError, match="no faces in split 'private_test'"):
        api.export(exported, tiny_dataset, "private_test")
    assert (exported / "card.json").read_text() == before
