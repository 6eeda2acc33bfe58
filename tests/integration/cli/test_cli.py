import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from fer.cli.main import app
from fer.cli.terminal import quiet_imports
from fer.data.synthetic import draw_face


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, emotion in enumerate(("happy", "surprise")):
        cv2.imwrite(str(folder / f"{emotion}.png"), draw_face(emotion, seed=seed, size=96))
    return folder


@pytest.fixture
def small_set(tmp_path: Path) -> Path:
    for label in ("happy", "surprise"):
        for part, count in (("train", 12), ("test", 4)):
            folder = tmp_path / "set" / part / label
            folder.mkdir(parents=True)
            for seed in range(count):
                cv2.imwrite(str(folder / f"{seed}.png"), draw_face(label, seed=seed, size=48))
    return tmp_path / "set"


def test_predict_prints_a_row_per_file_as_json(photos: Path, tiny_folder: Path) -> None:
    result = run("predict", photos, "--model", tiny_folder, "--detector", "none", "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [Path(row["file"]).name for row in rows] == ["happy.png", "surprise.png"]
    for row in rows:
        [face] = row["faces"]
        assert row["error"] is None
        assert face["box"] == [0, 0, 96, 96]
        assert face["score"] is None
        assert face["emotion"] == max(face["probabilities"], key=face["probabilities"].get)
        assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_one_bad_file_is_an_error_in_its_row_and_the_others_are_predicted(
    photos: Path, tiny_folder: Path
) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8 not really")
    options = ("--model", tiny_folder, "--detector", "none")
    result = run("predict", photos, photos / "gone.jpg", *options, "--json")
    assert result.exit_code == 1
    rows = {Path(row["file"]).name: row for row in json.loads(result.stdout)}
    assert rows["broken.jpg"]["error"]
    assert rows["gone.jpg"]["error"]
    assert rows["broken.jpg"]["faces"] == []
    assert rows["happy.png"]["faces"]
    table = run("predict", photos, *options)
    assert table.exit_code == 1
    assert "error" in table.stdout
    assert "Traceback" not in table.output


def test_a_photo_without_a_face_is_reported_as_such(tmp_path: Path, tiny_folder: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200), 128, np.uint8))
    result = run("predict", tmp_path / "wall.png", "--model", tiny_folder)
    assert result.exit_code == 0
    assert "no face found" in result.stdout


def test_a_missing_model_is_a_sentence(photos: Path) -> None:
    result = run("predict", photos, "--model", "gone")
    assert result.exit_code == 1
    assert "No model 'gone'" in result.stderr
    assert "Traceback" not in result.output


def test_an_empty_folder_is_a_sentence(tmp_path: Path, tiny_folder: Path) -> None:
    result = run("predict", tmp_path, "--model", tiny_folder, "--detector", "none")
    assert result.exit_code == 1
    assert "holds no photos" in result.stderr


def test_train_writes_a_model_that_evaluate_measures_alike(small_set: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    trained = run(
        "train", small_set, "--out", folder, "--epochs", 1, "--architecture", "simple",
        "--batch-size", 8, "--validation-fraction", 0.25,
    )  # fmt: skip
    assert trained.exit_code == 0, trained.output
    card = json.loads((folder / "card.json").read_text())
    assert card["data"]["splits"] == {"train": 18, "validation": 6, "test": 8}
    assert card["config"]["architecture"] == "simple"
    assert card["data"]["fingerprint"]
    for split in ("test", "validation"):
        result = run("evaluate", folder, small_set, "--split", split, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout) == card["metrics"][split]
    table = run("evaluate", folder, small_set, "--split", "train")
    assert "flatters" in table.stdout


def test_evaluate_writes_a_report_and_names_leaks_and_votes_in_its_json(
    small_set: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    result = run("evaluate", tiny_folder, small_set, "--report", report, "--tta", "flip", "--json")
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
    assert "The model learnt what most of several annotators chose" in " ".join(said.split())


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
    assert fitted["metrics"] == card["metrics"]  # measured on another data set: they stay
    after = json.loads(
        run("predict", photos, "--model", folder, "--detector", "none", "--json").stdout
    )
    for one, other in zip(plain, after, strict=True):
        assert one["faces"][0]["emotion"] == other["faces"][0]["emotion"]
        assert one["faces"][0]["probabilities"] != other["faces"][0]["probabilities"]


def test_train_refuses_an_impossible_setting_before_it_starts(
    small_set: Path, tmp_path: Path
) -> None:
    result = run("train", small_set, "--out", tmp_path / "model", "--epochs", 0)
    assert result.exit_code == 1
    assert "epochs is 0" in result.stderr
    assert not (tmp_path / "model").exists()


def test_evaluate_names_a_data_set_that_is_not_there(tiny_folder: Path) -> None:
    result = run("evaluate", tiny_folder, "/nowhere/at/all")
    assert result.exit_code == 1
    assert "No data set at" in result.stderr


def test_models_lists_what_is_there(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODELS", str(tiny_folder.parent))
    result = run("models")
    assert "tiny" in result.stdout
    assert "24×24×1" in result.stdout


def test_detectors_are_listed_and_added(yunet_file: Path) -> None:
    assert run("detectors", "add", yunet_file).exit_code == 0
    listed = run("detectors", "list")
    assert "yunet" in listed.stdout
    assert "mtcnn" in listed.stdout


def test_another_file_is_not_taken_for_a_detector(tmp_path: Path) -> None:
    (tmp_path / "other.onnx").write_bytes(b"something else")
    result = run("detectors", "add", tmp_path / "other.onnx")
    assert result.exit_code == 1
    assert "Error:" in result.stderr


def test_data_is_added_listed_shown_audited_and_removed(
    small_set: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    added = run("data", "add", small_set, "--name", "small")
    assert added.exit_code == 0, added.output
    assert "32 pictures" in added.stdout
    assert "small" in run("data", "list").stdout
    assert "happy" in run("data", "show", "small").stdout
    report = json.loads(run("data", "audit", "small", "--json").stdout)
    assert report["splits"] == {"train": 24, "test": 8}
    assert report["exact_duplicates"]["across"]  # the helper draws the same people in both parts
    assert "stand in train too" in run("data", "audit", "small").stdout
    assert run("data", "remove", "small").exit_code == 0
    gone = run("data", "show", "small")
    assert gone.exit_code == 1
    assert "none of that name" in gone.stderr


def test_data_add_refuses_unknown_classes_until_asked_to_keep_them(
    small_set: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    (small_set / "train" / "happy").rename(small_set / "train" / "hungry")
    refused = run("data", "add", small_set)
    assert refused.exit_code == 1
    assert "hungry" in refused.stderr
    assert "--custom-classes" in refused.stderr
    assert run("data", "add", small_set, "--custom-classes").exit_code == 0


def test_json_is_valid_whatever_a_file_is_called(photos: Path, tiny_folder: Path) -> None:
    odd = photos / "not\udcffutf8.png"
    try:
        shutil.copy(photos / "happy.png", odd)
    except OSError:
        pytest.skip("the file system does not take such names")
    result = run("predict", odd, "--model", tiny_folder, "--detector", "none", "--json")
    assert [row["file"] for row in json.loads(result.stdout_bytes)] == [str(odd)]


def test_an_option_cannot_be_a_value_and_a_table(small_set: Path) -> None:
    result = run("train", small_set, "--set", "options=3", "--set", "options.width=2")
    assert result.exit_code == 1
    assert "Give one of them" in result.stderr


def test_adopt_refuses_a_name_that_leads_elsewhere(tmp_path: Path) -> None:
    result = run("adopt", tmp_path / "a.keras", "--name", "../up", "--labels", "happy,sad")
    assert result.exit_code == 1
    assert "cannot be a model's name" in result.stderr


def test_runs_list_shows_a_whole_id_however_narrow_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer import runs
    from fer.training.config import TrainingConfig

    monkeypatch.setenv("FER_RUNS", str(tmp_path))
    made = runs.create(TrainingConfig(), state="finished")
    shown = "".join(
        line.split("│")[1].strip() for line in run("runs", "list").stdout.splitlines()[3:-1]
    )
    assert shown == made.id


def test_pictures_that_are_none_are_named_by_their_path(tmp_path: Path) -> None:
    (tmp_path / "set" / "happy").mkdir(parents=True)
    (tmp_path / "set" / "happy" / "a.jpg").write_text("no picture")
    result = run("data", "show", tmp_path / "set")
    assert f"None of the 1 pictures could be read. The first: '{tmp_path}" in result.stderr


def test_a_report_goes_home_where_the_place_begins_with_a_tilde(
    small_set: Path, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    result = run("evaluate", tiny_folder, small_set, "--report", "~/report.html")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "report.html").is_file()


def test_tune_refuses_no_epochs_rather_than_take_the_presets() -> None:
    result = run("tune", "synthetic", "--study", "none", "--trials", 1, "--epochs", 0)
    assert result.exit_code == 1
    assert "epochs is 0" in result.stderr


def test_an_interrupt_while_it_loads_leaves_tensorflows_notes_away(
    capfd: pytest.CaptureFixture[str],
) -> None:
    @quiet_imports()
    def load() -> None:
        os.write(2, b"a note of TensorFlow")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load()
    assert capfd.readouterr().err == ""
