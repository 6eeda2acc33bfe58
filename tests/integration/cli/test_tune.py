from typer.testing import CliRunner, Result

from fer.cli.main import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_tune_refuses_no_epochs_rather_than_take_the_presets() -> None:
    result = run("tune", "synthetic", "--study", "none", "--trials", 1, "--epochs", 0)
    assert result.exit_code == 1
    assert "epochs is 0" in result.stderr
