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
