import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fer.cli.main import app
from fer.cli.terminal import quiet_imports


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


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
        measured, kept = json.loads(result.stdout), card["metrics"][split]
        assert measured.pop("measured") >= kept.pop("measured")
        assert measured == kept
    table = run("evaluate", folder, small_set, "--split", "train")
    assert "optimistic" in table.stdout


def test_train_refuses_an_impossible_setting_before_it_starts(
    small_set: Path, tmp_path: Path
) -> None:
    result = run("train", small_set, "--out", tmp_path / "model", "--epochs", 0)
    assert result.exit_code == 1
    assert "epochs is 0" in result.stderr
    assert not (tmp_path / "model").exists()


def test_several_devices_without_jax_are_refused_before_a_run_is_made(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    for more in ((), ("--detach",)):
        result = run("train", small_set, "--devices", 2, *more)
        assert result.exit_code == 1
        assert "Set KERAS_BACKEND=jax" in " ".join(result.stderr.split())
    assert not list(tmp_path.glob("runs/*"))


def test_an_option_cannot_be_a_value_and_a_table(small_set: Path) -> None:
    result = run("train", small_set, "--set", "options=3", "--set", "options.width=2")
    assert result.exit_code == 1
    assert "Give one of them" in result.stderr


def test_an_interrupt_during_loading_hides_the_messages_of_tensorflow(
    capfd: pytest.CaptureFixture[str],
) -> None:
    @quiet_imports()
    def load() -> None:
        os.write(2, b"a note of TensorFlow")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load()
    assert capfd.readouterr().err == ""
