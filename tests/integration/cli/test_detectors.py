from pathlib import Path

from typer.testing import CliRunner, Result

from fer.cli.main import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


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
