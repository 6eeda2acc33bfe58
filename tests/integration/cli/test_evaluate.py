import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fer.cli.main import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


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
    assert fitted["metrics"] == card["metrics"]  # measured on another data set: they stay
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
