import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from fer import models
from fer.cli.main import app
from fer.data import annotations, load_dataset
from fer.data.synthetic import draw_face
from fer.evaluation.figures import dataset_for
from fer.evaluation.predictions import predictions
from fer.faces.yunet_file import install


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def trained_on(small_set: Path, tiny_folder: Path, folder: Path) -> Path:
    """A model whose card names the small set as its training data."""
    shutil.copytree(tiny_folder, folder)
    card = json.loads((folder / "card.json").read_text())
    card["data"] = {"name": small_set.name}
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def test_evaluate_writes_a_report_and_names_leaks_and_votes_in_its_json(
    small_set: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    model = trained_on(small_set, tiny_folder, tmp_path / "model")
    result = run("evaluate", model, small_set, "--report", report, "--tta", "flip", "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert {"ece", "log_loss", "accuracy", "accuracy_ci95", "confusion_matrix"} <= figures.keys()
    # The faces of a class are drawn from seeds that start anew in each part: all are leaks.
    assert figures["leak_free"]["leaked"] == 8
    assert figures["leak_free"]["images"] == 0
    assert figures["leak_free"]["accuracy"] is None
    assert figures["votes"] is None
    assert figures["tta"] == "flip"
    assert "<h1>" in report.read_text(encoding="utf-8")
    assert json.loads(report.with_suffix(".json").read_text())["accuracy"] == figures["accuracy"]


def test_labels_set_by_hand_leave_every_report_as_it_was_and_add_a_second_figure(
    small_set: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    arguments = ("evaluate", tiny_folder, small_set, "--report", report)
    before = json.loads(run(*arguments, "--json").stdout)
    assert before["by_hand"] is None
    loaded, dataset = models.load(tiny_folder), load_dataset(small_set)
    frame = predictions(loaded, dataset_for(loaded.card, small_set), "test").frame
    wrong, right = frame[~frame["correct"]], frame[frame["correct"]]
    assert len(wrong) > 1
    assert len(right) > 1
    for path, predicted in zip(wrong["path"], wrong["predicted"], strict=True):
        annotations.annotate(dataset, [path], label=predicted)
    annotations.annotate(dataset, right["path"].tolist()[:1], excluded=True)

    sentence = f"With {len(wrong)} labels set by hand and 1 face excluded by hand: accuracy 100.0%"
    result = run(*arguments)
    assert f"accuracy {before['accuracy']:.1%}" in result.stdout
    assert sentence in " ".join(result.stdout.split())
    page = report.read_text(encoding="utf-8")
    assert f"Accuracy {before['accuracy']:.1%}" in page
    assert sentence in page
    after = json.loads(report.with_suffix(".json").read_text())
    assert after["by_hand"]["relabelled"] == len(wrong)
    assert after["by_hand"]["images"] == before["images"] - 1
    assert after["confusion_matrix"] == before["confusion_matrix"]
    assert json.loads(run(*arguments, "--json").stdout)["by_hand"] == after["by_hand"]


def test_a_model_of_the_votes_is_measured_on_labels_where_there_are_no_votes(
    small_set: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    model = tmp_path / "voted"
    shutil.copytree(tiny_folder, model)
    card = json.loads((model / "card.json").read_text())
    card["config"]["truth"] = "votes"
    (model / "card.json").write_text(json.dumps(card))
    figures = json.loads(run("evaluate", str(model), str(small_set), "--json").stdout)
    assert (figures["truth"], figures["learnt_truth"]) == ("label", "votes")
    said = run("evaluate", str(model), str(small_set)).stdout
    assert "The model was trained on the choice of most annotators" in " ".join(said.split())


def test_calibrate_keeps_a_temperature_that_predict_applies(
    small_set: Path, tiny_folder: Path, tmp_path: Path, photos: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(tiny_folder, folder)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "temperature": 1.0}))
    plain = json.loads(
        run("predict", photos, "--model", folder, "--detector", "none", "--json").stdout
    )
    result = run("calibrate", folder, small_set)
    assert result.exit_code == 0, result.output
    fitted = json.loads((folder / "card.json").read_text())
    assert fitted["temperature"] != 1
    assert fitted["calibration"]["split"] == "validation"
    for split, before in card["metrics"].items():  # measured on another data set
        assert fitted["metrics"][split]["accuracy"] == before["accuracy"]
        assert "ece" not in fitted["metrics"][split]
    after = json.loads(
        run("predict", photos, "--model", folder, "--detector", "none", "--json").stdout
    )
    for one, other in zip(plain, after, strict=True):
        assert one["faces"][0]["emotion"] == other["faces"][0]["emotion"]
        assert one["faces"][0]["probabilities"] != other["faces"][0]["probabilities"]


def test_evaluate_names_a_missing_data_set(tiny_folder: Path) -> None:
    result = run("evaluate", tiny_folder, "/nowhere/at/all")
    assert result.exit_code == 1
    assert "No data set at" in result.stderr


def test_a_tilde_in_the_path_of_a_report_is_the_home_folder(
    small_set: Path, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    result = run("evaluate", tiny_folder, small_set, "--report", "~/report.html")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "report.html").is_file()


@pytest.fixture
def album(tmp_path: Path, yunet_file: Path) -> Path:
    """Drawn faces on canvases by emotion, one canvas without a face, and a damaged file."""
    install(yunet_file)
    folder = tmp_path / "album"
    for name, label in {"Happiness": "happy", "surprise": "surprise"}.items():
        (folder / name).mkdir(parents=True)
        for seed in range(3):
            photo = np.full((400, 600, 3), 120, np.uint8)
            photo[90:330, 200:440] = draw_face(label, seed=seed, size=240)[..., None]
            cv2.imwrite(str(folder / name / f"{seed}.jpg"), photo)
    cv2.imwrite(str(folder / "surprise" / "wall.png"), np.full((300, 300, 3), 120, np.uint8))
    (folder / "surprise" / "cut.jpg").write_bytes(b"\xff\xd8\xff cut")
    (folder / "sea [bold]").mkdir()
    return folder


def test_evaluate_finds_and_judges_the_faces_of_whole_photos(
    album: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    report = tmp_path / "photos.html"
    other = tmp_path / "other"
    shutil.copytree(tiny_folder, other)
    result = run(
        "evaluate", tiny_folder, album, "--photos", "--compare", other, "--report", report, "--json"
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["detector"], figures["images"], figures["photos"]) == ("yunet", 6, 7)
    wall = {"path": "surprise/wall.png", "label": "surprise", "reason": "no face found"}
    assert figures["unanswered"] == [wall]
    assert {photo["path"] for photo in figures["skipped"]} == {"sea [bold]/", "surprise/cut.jpg"}
    assert figures["accuracy_of_photos"] == pytest.approx(figures["accuracy"] * 6 / 7)
    assert len(figures["wrong"]) == round(6 * (1 - figures["accuracy"]))
    assert figures["comparison"]["difference"] == 0
    assert figures["comparison"]["images"] == 6
    assert "Without an answer: 1 of 7 photos" in report.read_text(encoding="utf-8")


def test_evaluate_prints_photos_without_an_answer_and_why_photos_are_skipped(
    album: Path, tiny_folder: Path
) -> None:
    result = run("evaluate", tiny_folder, album, "--photos", "--detector", "yunet")
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "Without an answer: 1 of 7 photos (1 no face found; detector YuNet)" in text
    assert "fewer than 20 faces" in text
    assert "Skipped: sea [bold]/: its name is no emotion" in text
    assert "recall, 95%" in text


def test_an_emotion_whose_photos_all_lack_an_answer_has_a_row_without_figures(
    album: Path, tiny_folder: Path
) -> None:
    for photo in (album / "surprise").glob("[0-9].jpg"):
        photo.unlink()
    result = run("evaluate", tiny_folder, album, "--photos", "--detector", "yunet")
    assert result.exit_code == 0, result.output
    [row] = [line for line in result.stdout.splitlines() if line.strip(" │").startswith("surprise")]
    assert row.replace("│", " ").split() == ["surprise", "0", "1"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--photos", "--split", "test"), "--split and --tta are for data sets"),
        (("--photos", "--tta", "none"), "--split and --tta are for data sets"),
        (("--detector", "yunet"), "--detector is for whole photos"),
        (("--photos", "--detector", "haar"), "Unknown detector 'haar'"),
    ],
)
def test_options_that_do_not_apply_are_refused(
    small_set: Path, tiny_folder: Path, options: tuple[str, ...], message: str
) -> None:
    result = run("evaluate", tiny_folder, small_set, *options)
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
