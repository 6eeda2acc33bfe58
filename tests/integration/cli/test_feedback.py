import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner, Result

from fer.cli.main import app
from fer.feedback.keys import new_key
from fer.feedback.records import Correction, now
from fer.feedback.store import Store, contributor_id, open_store

KEY = new_key()


def run(*arguments: object, answer: str = "") -> Result:
    words = ["feedback", *map(str, arguments)]
    return CliRunner().invoke(app, words, input=answer, env={"COLUMNS": "200"})


@pytest.fixture
def store(own_home: Path) -> Store:
    return open_store()


@pytest.fixture
def sent(store: Store, make_correction: Callable[..., Correction]) -> list[Correction]:
    """Two corrections of the key's owner, the first one old, and one of somebody else."""
    mine = contributor_id(KEY)
    corrections = [
        make_correction(0, contributor=mine, created=now() - timedelta(days=40)),
        make_correction(1, contributor=mine, verdict="not_a_face"),
        make_correction(2),
    ]
    for correction in corrections:
        store.keep(correction)
    return corrections


def test_corrections_are_listed_as_a_table_and_as_json(sent: list[Correction]) -> None:
    table = run("list").stdout
    assert "not a face" in table
    assert "3 corrections." in table
    rows = json.loads(run("list", "--key", KEY, "--status", "new", "--json").stdout)
    assert [row["id"] for row in rows] == [one.id for one in sent[:2]]
    assert "crop" not in rows[0]


def test_an_unknown_status_is_refused_with_those_that_exist(store: Store) -> None:
    refused = run("list", "--status", "odd")
    assert refused.exit_code == 1
    assert "new, accepted, rejected, quarantined" in refused.stderr


def test_a_contributor_exports_what_is_theirs_with_its_pictures(
    sent: list[Correction], tmp_path: Path
) -> None:
    file = tmp_path / "mine.zip"
    assert "2 corrections" in run("export", file, "--key", KEY.upper()).stdout
    with ZipFile(file) as archive:
        rows = json.loads(archive.read("corrections.json"))
        assert archive.read(rows[0]["crop"]) == sent[0].crop
    assert [row["id"] for row in rows] == [one.id for one in sent[:2]]


def test_an_archive_that_cannot_be_written_is_named(store: Store, tmp_path: Path) -> None:
    refused = run("export", tmp_path / "none" / "mine.zip")
    assert refused.exit_code == 1
    assert "mine.zip' cannot be written" in refused.stderr


def test_all_of_a_contributor_is_deleted_once_that_is_confirmed(
    sent: list[Correction], store: Store
) -> None:
    assert run("delete", "--key", KEY, answer="n\n").exit_code == 1
    assert len(store.corrections()) == 3
    assert "Deleted 2 corrections." in run("delete", "--key", KEY, answer="y\n").stdout
    assert [one.id for one in store.corrections()] == [sent[2].id]


def test_single_corrections_are_deleted_by_their_id(sent: list[Correction], store: Store) -> None:
    assert "Deleted 1 correction." in run("delete", sent[1].id, "--yes").stdout
    assert len(store.corrections()) == 2


def test_the_start_of_an_id_names_one_correction_or_none(
    store: Store, make_correction: Callable[..., Correction]
) -> None:
    ids = [f"{start}-0000-4000-8000-000000000000" for start in ("aaaabbbb", "aaaacccc")]
    for id in ids:
        store.keep(make_correction(id=id))
    assert "2 corrections whose ids begin with 'aaaa'" in run("delete", "aaaa", "--yes").stderr
    assert "no correction whose id begins with 'b'" in run("delete", "b", "--yes").stderr
    assert run("delete", "aaaab", "--yes").exit_code == 0
    assert [one.id for one in store.corrections()] == ids[1:]


def test_a_key_deletes_only_what_is_its_owners(sent: list[Correction], store: Store) -> None:
    refused = run("delete", sent[2].id, "--key", KEY, "--yes")
    assert refused.exit_code == 1
    assert "no correction whose id begins" in refused.stderr
    assert len(store.corrections()) == 3


def test_delete_without_a_name_deletes_nothing(sent: list[Correction], store: Store) -> None:
    assert run("delete", "--yes").exit_code == 1
    assert len(store.corrections()) == 3


def test_old_corrections_are_purged_by_their_days(
    sent: list[Correction], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Give --days" in run("purge").stderr
    assert run("purge", "--days", "0", "--yes").exit_code == 2
    assert run("purge", "--days", "800000", "--yes").exit_code == 2
    assert "Deleted 1 correction." in run("purge", "--days", "30", "--yes").stdout
    assert [one.id for one in store.corrections()] == [one.id for one in sent[1:]]


def test_a_purge_is_confirmed_before_the_setting_of_days_deletes_anything(
    sent: list[Correction], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_FEEDBACK_DAYS", "30")
    asked = run("purge", answer="n\n")
    assert asked.exit_code == 1
    assert "Delete 1 correction older than 30 days for good?" in asked.stdout
    assert len(store.corrections()) == 3
    assert "Deleted 1 correction." in run("purge", answer="y\n").stdout
    assert len(store.corrections()) == 2


def test_nothing_is_asked_where_nothing_is_old_enough_to_purge(sent: list[Correction]) -> None:
    assert "Deleted 0 corrections." in run("purge", "--days", "90").stdout
