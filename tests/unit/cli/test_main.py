import pytest
from typer.testing import CliRunner

from fer.cli.main import COMMANDS, app


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_shows_the_first_sentence_of_each_commands_help(name: str) -> None:
    _, sentence = COMMANDS[name]
    listed = CliRunner().invoke(app, ["--help"]).stdout
    helped = CliRunner().invoke(app, [name, "--help"])
    assert helped.exit_code == 0, helped.output
    assert sentence in " ".join(listed.split())
    assert sentence in " ".join(helped.stdout.split())


def test_a_mistyped_command_suggests_the_right_one() -> None:
    result = CliRunner().invoke(app, ["predcit"])
    assert result.exit_code == 2
    assert "Did you mean 'predict'?" in result.stderr


@pytest.mark.parametrize("name", ["runs", "data", "detectors", "feedback"])
def test_the_help_of_a_group_truncates_no_sentence(name: str) -> None:
    listed = CliRunner().invoke(app, [name, "--help"]).stdout.partition("Commands:")[2]
    assert listed
    assert "..." not in listed
