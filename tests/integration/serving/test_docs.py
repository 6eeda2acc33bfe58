"""What docs/http-api.md shows, run as it stands against a server, whose port alone is replaced."""

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from fer import settings
from fer.serving import limits

PAGE = (settings.PACKAGE.parent / "docs" / "http-api.md").read_text()
EXAMPLES = re.findall(r"^```(sh|python|js)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = {
    "sh": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "js": ["node", "--input-type=module", "-e"],
}


@pytest.mark.parametrize(("language", "code"), EXAMPLES, ids=[kind for kind, _ in EXAMPLES])
def test_every_example_runs_as_it_stands(
    server: Any, photo: bytes, tmp_path: Path, language: str, code: str
) -> None:
    command = COMMANDS[language]
    if not shutil.which(command[0]) or not shutil.which("curl"):
        pytest.skip(f"no {command[0]}, or no curl")
    (tmp_path / "photo.jpg").write_bytes(photo)
    assert ":8502" in code
    code = code.replace(":8502", f":{server.port}")
    done = subprocess.run(
        [*command, code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "happy" in done.stdout or "surprise" in done.stdout


def test_there_are_examples_in_three_languages() -> None:
    assert {language for language, _ in EXAMPLES} == set(COMMANDS)


def test_every_limit_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(FER_API_\w+)` \|[^|]*\| (\d+) \|", PAGE, re.MULTILINE))
    usual = limits.Limits()
    assert rows == {
        limits.PREFIX + field.name.upper(): str(getattr(usual, field.name))
        for field in fields(usual)
    }


def test_every_path_is_documented(server: Any) -> None:
    for path in server.ask("GET", "/api/v1/openapi.json").json["paths"]:
        last = path.replace("{id}", "ID").removeprefix("/api/v1/").rpartition("/")[2]
        assert last in PAGE or path.startswith("/api/v1/problems/")
