"""The database of corrections: its connections, its newest schema, and its errors as sentences."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from fer.errors import ConfigError, FeedbackError, FeedbackUnavailable
from fer.files import writing
from fer.importing import require

NEWEST = "v5_api_keys"
"""The last of the migrations."""

WAIT_S = 5
"""For others to finish writing, and for a server to answer."""

_MIGRATION_LOCK = 15_070_401  # any number that no other program locks in this database
_TODO = {
    sqlite3.SQLITE_CORRUPT: "Move that file elsewhere: then a new one is made.",
    sqlite3.SQLITE_NOTADB: "Move that file elsewhere: then a new one is made.",
    sqlite3.SQLITE_FULL: "Make room on its disk.",
    sqlite3.SQLITE_IOERR: "Check its disk, and whether there is room on it.",
    sqlite3.SQLITE_READONLY: "Allow this program to write to it and to its folder.",
    sqlite3.SQLITE_CANTOPEN: "Check that it is a file that this program may write to.",
}
_TODO_ON_SERVER = "Check that the server runs, and FER_DATABASE_URL."

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # what was acknowledged survives a power cut
    "foreign_keys = ON",
    "secure_delete = ON",
    "temp_store = MEMORY",  # or a VACUUM leaves pixels in another file
)


class Database:
    """SQLite or PostgreSQL. It holds no connection between two transactions.

    So it is safe in threads and after a fork, survives a restart of the server, and needs no
    closing.
    """

    def __init__(self, url: str) -> None:
        """Connect to a database, and bring its schema up to date.

        Args:
            url: As SQLAlchemy has it: `sqlite:////path/to/file.db` or
                `postgresql://user:password@host/name`.

        Raises:
            ConfigError: If the URL names neither.
            FeedbackUnavailable: If the database cannot be used.
        """
        self.url = _checked(url)
        self.engine = self._engine()
        with self.errors():
            if _revision(self.engine) != NEWEST:
                self._migrate()

    @property
    def name(self) -> str:
        """What people call it: its file, or its URL without the password."""
        return self.url.database or "" if self.is_sqlite else self.url.render_as_string()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self.errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it is kept, or nothing."""
        options = self.engine.execution_options(writes=True)
        with self.errors(), options.begin() as connection:
            yield connection

    def wipe(self) -> bool:
        """Overwrite what deletions left in the database's files.

        Returns:
            False if somebody who reads at this moment prevents it.
        """
        alone = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with self.errors(), alone.connect() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql("VACUUM FULL corrections, reviews")
                return True
            connection.exec_driver_sql("VACUUM")
            checkpoint = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            return not checkpoint[0]  # 1 where it had to leave something

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the errors of a database into sentences."""
        try:
            yield
        except DataError as error:
            raise FeedbackError(f"The database cannot hold this: {error.orig}.") from error
        except DBAPIError as error:
            raise FeedbackUnavailable(self._sentence(error.orig)) from error

    def _engine(self) -> Engine:
        if not self.is_sqlite:
            require("psycopg")
            arguments = {
                "connect_timeout": 3,
                "tcp_user_timeout": 1000 * WAIT_S,
                "options": f"-c lock_timeout={1000 * WAIT_S}",
            }
            return create_engine(self.url, poolclass=NullPool, connect_args=arguments)
        file = Path(self.url.database or "")
        with writing(file.parent, FeedbackUnavailable):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
        address = f"{file.absolute().as_uri()}?mode=rw"  # a file that somebody removed stays gone

        def connect() -> sqlite3.Connection:
            plain = sqlite3.connect(
                address, uri=True, timeout=WAIT_S, isolation_level=None, check_same_thread=False
            )
            for pragma in _PRAGMAS:
                plain.execute(f"PRAGMA {pragma}")
            return plain

        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
        event.listen(engine, "begin", _begin)
        return engine

    def _migrate(self) -> None:
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:  # it knows no step from there
                raise FeedbackUnavailable(
                    f"The database of corrections, {self.name}, was made by a newer version of "
                    "this program. Update the program."
                ) from error

    def _sentence(self, error: BaseException | None) -> str:
        """What went wrong, in the database's own words, and what to do."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of it is detail
        todo = _TODO.get(code, "Try again later.") if self.is_sqlite else _TODO_ON_SERVER
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        return f"The database of corrections, {self.name}, cannot be used: {reason}. {todo}"


def _checked(url: str) -> URL:
    """The URL in full.

    Raises:
        ConfigError: If it names no file and no PostgreSQL. It is not shown: it may hold a password.
    """
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        kind = ""
    if kind in ("postgresql", "postgres") and parsed.database:
        return parsed.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise ConfigError(
        "FER_DATABASE_URL names no database that can be used. Expected "
        "postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:////PATH/TO/FILE.db."
    )


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    # A transaction that writes takes its turn at once: one that reads first could not wait for
    # another's write without reading what is then out of date.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _revision(engine: Engine) -> str:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")
