from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fer.cli.main import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_models_lists_what_is_there(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODELS", str(tiny_folder.parent))
    result = run("models")
    assert "tiny" in result.stdout
    assert "24×24×1" in result.stdout


def test_adopt_refuses_a_name_that_leads_elsewhere(tmp_path: Path) -> None:
    result = run("adopt", tmp_path / "a.keras", "--name", "../up", "--labels", "happy,sad")
    assert result.exit_code == 1
    assert "cannot be a model's name" in result.stderr
