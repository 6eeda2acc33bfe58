import pytest
from typer.testing import CliRunner

from fer.cli.main import app


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--engine", "spark"], "Unknown engine 'spark'. Known: local, ray."),
        (["--engine", "ray"], "Name it with --out"),
        (["--out", "rows"], "--out is for --engine ray"),
        (["--engine", "ray", "--out", "rows", "--csv", "rows.csv"], "Leave out --csv"),
        (["--engine", "ray", "--out", "rows", "--address", "here"], "expected HOST:PORT or auto"),
        (
            ["--engine", "ray", "--out", "rows", "--address", "127.0.0.1:9"],
            "No Ray cluster answers",
        ),
    ],
)
def test_what_the_engine_cannot_do_is_a_sentence(options: list[str], problem: str) -> None:
    result = CliRunner().invoke(app, ["predict", "photos", *options])
    assert result.exit_code == 1
    assert problem in result.stderr


def test_a_data_set_on_ray_has_no_folder_of_results() -> None:
    options = ["--engine", "ray", "--out", "rows"]
    result = CliRunner().invoke(app, ["evaluate", "ferplus", "synthetic", *options])
    assert result.exit_code == 1
    assert "writes no folder" in result.stderr
