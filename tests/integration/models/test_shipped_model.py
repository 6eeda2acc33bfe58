"""The model that ships, on what a newcomer tries first."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import fer
from fer import models, settings
from fer.faces.yunet_file import install


@pytest.fixture(params=["mtcnn", "yunet"])
def detector(request: pytest.FixtureRequest) -> str:
    if request.param == "yunet":
        install(request.getfixturevalue("yunet_file"))
    return str(request.param)


def test_a_smiling_astronaut_is_happy(astronaut: np.ndarray, detector: str) -> None:
    [face] = fer.Predictor.load(detector=detector).predict(astronaut).faces
    x, y, width, height = face.box
    assert face.emotion == "happy"
    # Her face, read off the photo by eye, lies around (224, 115).
    assert x < 224 < x + width
    assert y < 115 < y + height
    assert 60 < width < 140
    assert fer.predict_emotion(astronaut, detector=detector) == "happy"


def test_all_faces_of_a_crowd_come_back_largest_first(astronaut: np.ndarray, detector: str) -> None:
    canvas = np.full((900, 1400, 3), 96, np.uint8)
    sides = (600, 400, 300)
    for side, left in zip(sides, (10, 640, 1060), strict=True):
        canvas[50 : 50 + side, left : left + side] = cv2.resize(astronaut, (side, side))
    faces = fer.Predictor.load(detector=detector).predict(canvas).faces
    assert len(faces) == 3
    areas = [face.box[2] * face.box[3] for face in faces]
    assert areas == sorted(areas, reverse=True)
    assert {face.emotion for face in faces} == {"happy"}


def test_the_command_gives_the_documented_json(astronaut: np.ndarray, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), cv2.cvtColor(astronaut, cv2.COLOR_RGB2BGR))
    command = [sys.executable, "-m", "fer", "predict", str(photo), "--detector", "mtcnn", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    [row] = json.loads(done.stdout)
    assert set(row) == {"file", "error", "note", "model", "detector", "faces"}
    assert row["model"].startswith("ferplus ")
    assert row["detector"] == "mtcnn"
    [face] = row["faces"]
    assert set(face) == {
        "number", "box", "score", "emotion", "confidence", "probabilities", "reliable",
        "unreliable_because",
    }  # fmt: skip
    assert (face["reliable"], face["unreliable_because"]) == (True, "")
    assert face["emotion"] == "happy"
    assert 0 < face["score"] <= 1
    assert done.stderr == ""


@pytest.fixture(params=["ferplus", "fer2013"])
def shipped(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_models_have_the_size_in_their_cards(shipped: str) -> None:
    model = models.load(shipped)
    assert model.network.count_params() == model.card.parameters < 1_500_000
    assert model.card.multiply_adds <= 80_000_000
    folder = models.find(shipped)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 12_000_000


def test_the_figures_in_the_card_are_reproduced_by_every_form(
    shipped: str, fer2013_folder: Path
) -> None:
    card = models.load(shipped).card
    kept = card.metrics["public_test"]
    for form, row in card.forms.items():
        figures = fer.evaluate(shipped, fer2013_folder, "public_test", form=form)
        assert figures["images"] == kept["images"] == row["images"]
        assert figures["accuracy"] == pytest.approx(row["accuracy"], abs=0.002)
        if form == "keras":
            assert figures["accuracy"] == pytest.approx(kept["accuracy"], abs=0.001)
            assert figures["macro_f1"] == pytest.approx(kept["macro_f1"], abs=0.002)


def test_the_default_recalls_every_emotion_and_is_calibrated(fer2013_folder: Path) -> None:
    assert settings.default_model() == "ferplus"
    figures = fer.evaluate("ferplus", fer2013_folder, "public_test")
    assert figures["accuracy"] >= 0.79
    assert figures["balanced_accuracy"] >= 0.77
    assert min(one["recall"] for one in figures["per_class"].values()) >= 0.55
    assert figures["ece"] <= 0.03


def test_the_benchmarks_network_does_not_buy_accuracy_with_rare_classes(
    fer2013_folder: Path,
) -> None:
    figures = fer.evaluate("fer2013", fer2013_folder, "public_test")
    assert figures["accuracy"] >= 0.68
    assert figures["balanced_accuracy"] >= figures["accuracy"] - 0.03
    assert figures["ece"] <= 0.03


def test_leaked_faces_are_counted_and_skipped(fer2013_folder: Path) -> None:
    figures = fer.evaluate("fer2013", fer2013_folder, "public_test")
    clean = figures["leak_free"]
    assert clean["leaked"] in (279, 280)
    assert clean["images"] == figures["images"] - clean["leaked"]
    assert clean["accuracy"] < figures["accuracy"]  # a network knows what it was trained on
    assert figures["votes"]["agreed_accuracy"] > figures["votes"]["disputed_accuracy"]


def test_400_wrong_faces_relabelled_to_the_answer_leave_every_figure_as_it_was(
    fer2013_folder: Path, tmp_path: Path
) -> None:
    from fer.data import annotations
    from fer.evaluation.figures import dataset_for
    from fer.evaluation.predictions import predictions

    model = models.load("ferplus")
    before = fer.evaluate(model, fer2013_folder, "public_test")
    dataset = dataset_for(model.card, fer2013_folder)
    frame = predictions(model, dataset, "public_test").frame
    wrong = frame[~frame["correct"]].head(400)
    for label, part in wrong.groupby("predicted"):
        annotations.annotate(dataset, part["path"].tolist(), label=str(label))
    report = tmp_path / "report.html"
    after = fer.evaluate(model, fer2013_folder, "public_test", report=report)
    for _ in wrong["predicted"].unique():
        annotations.undo(dataset)

    second = after["by_hand"]
    assert (second["relabelled"], second["images"]) == (400, before["images"])
    assert second["accuracy"] == pytest.approx(before["accuracy"] + 400 / before["images"])
    for name in before.keys() - {"measured", "by_hand"}:
        assert after[name] == before[name], name
    assert "With 400 labels set by hand: accuracy 92" in report.read_text(encoding="utf-8")
    assert json.loads(report.with_suffix(".json").read_text())["by_hand"] == second


def test_the_temperature_fitted_on_validation_lowers_the_error_on_public_test(
    fer2013_folder: Path,
) -> None:
    from fer.evaluation.calibration import calibrate
    from fer.evaluation.figures import dataset_for

    model = models.load()
    plain = replace(model, card=replace(model.card, temperature=1.0))
    faces = dataset_for(model.card, fer2013_folder)
    temperature, record = calibrate(plain, faces)
    assert record["split"] == "validation"
    fitted = replace(model, card=replace(model.card, temperature=temperature))
    before, after = (fer.evaluate(one, faces, "public_test") for one in (plain, fitted))
    assert record["ece_after"] < record["ece_before"]
    assert after["ece"] < before["ece"] / 2
    assert after["accuracy"] == before["accuracy"]
