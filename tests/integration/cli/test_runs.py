from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fer.cli.main import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


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
