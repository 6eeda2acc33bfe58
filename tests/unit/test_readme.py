import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from fer.cli.main import app

README = Path(__file__).resolve().parents[2] / "README.md"
LINES = [
    re.findall(r"`([^`]+)`", line)
    for line in README.read_text(encoding="utf-8").splitlines()
    if re.search(r"`python -m fer [a-z]", line)
]


def command_of(words: list[str]) -> Any:
    """The command that the words begin with, however deep it is."""
    command: Any = get_command(app)
    context = command.context_class(command)
    for word in words:
        _, command, _ = command.resolve_command(context, [word])
        context = command.context_class(command, parent=context)
    return command


def options_of(command: Any) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts}


@pytest.mark.parametrize("spans", LINES, ids=lambda spans: spans[0])
def test_every_command_and_option_in_the_readme_exists(spans: list[str]) -> None:
    first, *others = spans
    words = re.findall(r"[\w-]+", first.removeprefix("python -m fer"))
    plain = [word for word in words if not word.startswith("-")]
    command = command_of(plain[:2] if plain[0] in ("data", "runs", "detectors") else plain[:1])
    assert set(re.findall(r"--[a-z-]+", first)) <= {*options_of(command), "--help"}
    group = ["data", "runs", "detectors"]
    for span in others:
        name, *rest = span.split()
        if name.islower() and (plain[0] in group or name == "adopt") and name.isalpha():
            path = [name] if name == "adopt" else [plain[0], name]
            assert set(re.findall(r"--[a-z-]+", " ".join(rest))) <= options_of(command_of(path))
