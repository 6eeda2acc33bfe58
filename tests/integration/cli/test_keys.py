import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fer.cli.main import app
from fer.serving.key_store import open_keys


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments], env={"COLUMNS": "200", "USER": "kim"})


@pytest.mark.usefixtures("own_home")
def test_a_key_is_shown_once_listed_without_its_secret_and_revoked() -> None:
    made = run("add", "phone").stdout
    key = next(line for line in made.splitlines() if line.startswith("fer_"))
    assert open_keys().keys()[0].is_opened_by(key)
    listed = run("list").stdout
    assert "phone" in listed
    assert "read, predict" in listed
    assert key[:12] in listed
    assert key not in listed
    assert "valid" in listed
    assert "Revoked the key 'phone'" in run("revoke", "phone").stdout
    assert "revoked 2" in run("list").stdout


@pytest.mark.usefixtures("own_home")
def test_scopes_are_chosen_and_json_is_for_scripts() -> None:
    made = json.loads(run("add", "ci", "--scope", "jobs", "--scope", "predict", "--json").stdout)
    assert made["scopes"] == ["predict", "jobs"]
    assert made["key"].startswith(made["id"])
    [listed] = json.loads(run("list", "--json").stdout)
    assert listed == {name: value for name, value in made.items() if name != "key"}


def test_a_mistake_is_named_and_makes_no_key(own_home: Path) -> None:
    refused = run("add", "ci", "--scope", "all")
    assert refused.exit_code == 1
    assert "There is no scope 'all'" in refused.stderr
    assert json.loads(run("list", "--json").stdout) == []
    assert "no valid key 'ci'" in run("revoke", "ci").stderr
