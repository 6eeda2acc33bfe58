import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from fer import settings
from fer.errors import ConfigError, FeedbackError, FeedbackUnavailable
from fer.feedback import database as module
from fer.feedback.database import NEWEST, Database
from fer.feedback.records import Correction
from fer.feedback.store import Store, open_store
from fer.feedback.tables import CORRECTIONS, METADATA

MakeCorrection = Callable[..., Correction]


def config_of(connection: object) -> Config:
    config = Config()
    folder = Path(module.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    return config


def test_the_migrations_make_the_tables_that_the_code_uses(store: Store) -> None:
    with store._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_newest_migration_is_the_one_that_databases_are_checked_for() -> None:
    assert ScriptDirectory.from_config(config_of(None)).get_current_head() == NEWEST


def test_a_database_of_the_first_schema_is_brought_up_to_date_and_loses_nothing(
    url: str, make_correction: MakeCorrection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "NEWEST", "")
        patch.setattr(Database, "_migrate", lambda self: None)
        old = Database(url)
    with old.writing() as connection:
        command.upgrade(config_of(connection), "v1_corrections")
    kept = make_correction()
    with old.writing() as connection:
        connection.execute(CORRECTIONS.insert().values(asdict(kept)))
    with pytest.raises(FeedbackUnavailable, match="promotions"):
        Store(old).promotions()
    new = open_store(url)
    assert new.promotions() == []
    assert [one.crop for one in new.corrections()] == [kept.crop]


def test_a_database_of_a_newer_version_is_refused_and_stays_as_it_is(url: str) -> None:
    store = open_store(url)
    with store._database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'v99_future'"))
    with pytest.raises(FeedbackUnavailable, match="newer version"):
        open_store(url)
    with store._database.reading() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "v99_future"


OPENERS = """
import os, sys
from fer.feedback import database, store
import alembic.command

ready, go = os.pipe(), os.pipe()
children = []
for _ in range(6):
    if not (child := os.fork()):
        os.close(go[1])
        os.read(go[0], 1)
        opened = store.open_store(sys.argv[1])
        os._exit(0 if opened.corrections() == [] else 1)
    children.append(child)
os.close(go[1])
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""
"""Six processes that open a database in the same moment; exits with how many failed."""


def test_processes_that_open_a_fresh_database_at_once_all_succeed(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPENERS, url],
        cwd=settings.checkout(),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_threads_that_open_a_fresh_database_at_once_all_succeed(url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(open_store, [url] * 8))
    assert [store.corrections() for store in stores] == [[]] * 8


@pytest.mark.parametrize(
    "url",
    [
        "feedback",
        "mysql://host/name",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://kim:secret@host",
        "http://host:999999/",
    ],
)
def test_a_url_of_no_database_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError, match="FER_DATABASE_URL") as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_away_is_noticed_soon_and_its_password_is_not_shown() -> None:
    began = time.monotonic()
    with pytest.raises(FeedbackUnavailable, match="Check that the server runs") as caught:
        open_store("postgresql://kim:secret@127.0.0.1:1/corrections")
    assert time.monotonic() - began < 5
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_store_survives_that_its_server_is_away_for_a_while(
    postgres: Any, make_correction: MakeCorrection
) -> None:
    store, first, second = open_store(postgres.emptied()), make_correction(0), make_correction(1)
    assert store.keep(first)
    postgres.stop()
    try:
        with pytest.raises(FeedbackUnavailable, match="Check that the server runs"):
            store.keep(second)
    finally:
        postgres.start()
    assert [store.keep(first), store.keep(second)] == [False, True]


def test_a_write_that_another_one_blocks_gives_up_and_changes_nothing(
    url: str, make_correction: MakeCorrection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT_S", 1)
    store, kept = open_store(url), make_correction()
    with store._database.writing() as connection:
        connection.execute(text("UPDATE state SET version = 'held'"))
        with pytest.raises(FeedbackUnavailable):
            store.keep(kept)
    assert store.corrections() == []
    assert store.keep(kept)


def test_a_reader_in_the_midst_of_something_prevents_wiping_and_that_is_reported(
    tmp_path: Path, make_correction: MakeCorrection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.2)
    store = open_store(f"sqlite:///{tmp_path / 'feedback.db'}")
    store.keep(make_correction())
    with store._database.reading() as connection:
        connection.execute(text("SELECT count(*) FROM corrections")).one()
        assert not store._database.wipe()
    assert store._database.wipe()


def test_what_is_no_database_is_named_and_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "feedback.db"
    file.write_text("This is a diary, and no database at all. " * 50)
    before = file.read_bytes()
    with pytest.raises(FeedbackUnavailable, match="Move that file elsewhere"):
        open_store(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_damaged_file_is_named(tmp_path: Path, make_correction: MakeCorrection) -> None:
    file = tmp_path / "feedback.db"
    store = open_store(f"sqlite:///{file}")
    for number in range(20):
        store.keep(make_correction(number))
    content = bytearray(file.read_bytes())
    content[8192:] = os.urandom(len(content) - 8192)
    file.write_bytes(content)
    with pytest.raises(FeedbackUnavailable, match="Move that file elsewhere"):
        open_store(f"sqlite:///{file}").corrections()


def test_a_file_that_was_removed_is_not_written_to_and_is_made_anew_when_opened(
    tmp_path: Path, make_correction: MakeCorrection
) -> None:
    file = tmp_path / "feedback.db"
    store = open_store(f"sqlite:///{file}")
    file.unlink()
    with pytest.raises(FeedbackUnavailable):
        store.keep(make_correction())
    assert not file.exists()
    assert open_store(f"sqlite:///{file}").keep(make_correction())


@pytest.mark.parametrize("name", ["at home", "100%41", "what?", "a#b", "ü@:é"])
def test_the_file_is_in_the_home_whatever_that_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path / name))
    open_store()
    assert (tmp_path / name / "feedback.db").is_file()


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'feedback.db'}")
    assert (tmp_path / "feedback.db").stat().st_mode & 0o077 == 0


def test_a_home_that_cannot_be_written_to_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    with pytest.raises(FeedbackUnavailable, match="cannot be written to"):
        open_store()


FILL = """
import resource, signal, sys
from fer.errors import FeedbackUnavailable
from fer.feedback.records import Correction, now
from fer.feedback.store import open_store
import cv2, numpy as np, uuid

store = open_store(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
kept = 0
try:
    for number in range(1000):
        pixels = np.random.default_rng(number).integers(0, 256, (48, 48), dtype=np.uint8)
        kept += store.keep(Correction(
            id=str(uuid.uuid4()), created=now(), contributor="c", consent="1", source="api",
            model="m", model_sha256="0", labels=("a",), probabilities=(1.0,), verdict="a",
            crop=cv2.imencode(".png", pixels)[1].tobytes(),
        ))
except FeedbackUnavailable as error:
    print(kept, error)
"""
"""Keeps corrections until files may grow no further, as on a full disk."""


def test_a_full_disk_is_named_and_what_was_acknowledged_stays(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'feedback.db'}"
    done = subprocess.run(
        [sys.executable, "-c", FILL, url],
        cwd=settings.checkout(),
        capture_output=True,
        text=True,
        check=True,
    )
    kept, _, sentence = done.stdout.partition(" ")
    assert "disk" in sentence
    assert int(kept) > 20
    store = open_store(url)
    assert len(store.corrections()) == int(kept)


def test_text_that_a_database_cannot_hold_is_refused(
    url: str, make_correction: MakeCorrection
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite holds it")
    with pytest.raises(FeedbackError, match="cannot hold") as caught:
        open_store(url).keep(make_correction(model="a\0b"))
    assert not isinstance(caught.value, FeedbackUnavailable)


def test_an_open_store_imports_no_migration_tool(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'feedback.db'}"
    open_store(url)
    code = (
        "import sys; from fer.feedback.store import open_store; open_store(sys.argv[1]);"
        "print([name for name in ('alembic', 'pandas', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, url],
        cwd=settings.checkout(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
