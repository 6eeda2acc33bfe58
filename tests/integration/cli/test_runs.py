import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fer.cli.main import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_runs_show_names_the_work_of_a_run_that_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer import runs
    from fer.training.config import TrainingConfig

    monkeypatch.setenv("FER_RUNS", str(tmp_path))
    made = runs.create(TrainingConfig(), state="measuring")
    facts = {"measured": 500, "to_measure": 2000, "eta_s": 9, "faces_per_s": 147.0, "epoch": 8}
    made.write_status(**made.stored_status() | facts)
    with made.held():
        shown = " ".join(run("runs", "show", "last").stdout.split())
    assert "measuring, 500 of 2,000 faces, about 9 s left" in shown
    assert "faces/s" not in shown


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


def test_runs_add_replaces_a_model_only_if_told_to(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer import models, runs
    from fer.models.card import read_card
    from fer.training.config import TrainingConfig

    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    shipped = Path(__file__).resolve().parents[3] / "models" / "ferplus"
    folder = models.copy(shipped, tmp_path / "models" / "mine")
    made = runs.create(TrainingConfig(), state="finished")
    shutil.copytree(tiny_folder, made.model_folder)
    refused = run("runs", "add", "last", "--name", "mine")
    assert refused.exit_code == 1
    assert "There already is a model 'mine'" in refused.stderr
    assert len(read_card(folder / models.CARD_FILE).labels) == 7
    added = run("runs", "add", "last", "--name", "mine", "--replace")
    assert added.exit_code == 0, added.stderr
    assert len(read_card(folder / models.CARD_FILE).labels) == 2
