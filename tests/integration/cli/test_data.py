import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fer.cli.main import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_data_is_added_listed_shown_audited_and_removed(
    small_set: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    added = run("data", "add", small_set, "--name", "small")
    assert added.exit_code == 0, added.output
    assert "32 images" in added.stdout
    assert "small" in run("data", "list").stdout
    assert "happy" in run("data", "show", "small").stdout
    report = json.loads(run("data", "audit", "small", "--json").stdout)
    assert report["splits"] == {"train": 24, "test": 8}
    assert report["exact_duplicates"]["across"]  # the helper draws the same people in both parts
    assert "also occur in train" in run("data", "audit", "small").stdout
    assert run("data", "remove", "small").exit_code == 0
    gone = run("data", "show", "small")
    assert gone.exit_code == 1
    assert "none of that name" in gone.stderr


def test_data_add_refuses_unknown_classes_until_asked_to_keep_them(
    small_set: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    (small_set / "train" / "happy").rename(small_set / "train" / "hungry")
    refused = run("data", "add", small_set)
    assert refused.exit_code == 1
    assert "hungry" in refused.stderr
    assert "--classes hungry=EMOTION" in refused.stderr
    assert run("data", "add", small_set, "--custom-classes").exit_code == 0


def test_data_add_takes_a_mapping_of_classes_in_one_option_or_several(
    small_set: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    for part in ("train", "test"):
        for before, after in (("happy", "0"), ("surprise", "1, maybe 2")):
            (small_set / part / before).rename(small_set / part / after)
    for wrong in ("0", "0=sad,1", "0=hungry"):
        refused = run("data", "add", small_set, "--classes", wrong)
        assert refused.exit_code == 1
        assert "--classes" in refused.stderr or "'hungry'" in refused.stderr
    mapping = ("--classes", "0=happy,1, maybe 2=", "--classes", "unused=Anger")
    added = run("data", "add", small_set, *mapping)
    assert added.exit_code == 0, added.stderr
    assert "of a class that is left out" in added.stdout
    assert "happy" in run("data", "show", small_set.name).stdout
