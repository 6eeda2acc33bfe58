"""Databases to keep corrections in: a file, and a PostgreSQL server that is started once."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fer.feedback.store import Store, open_store

USER: dict[str, Any] = (
    {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    if hasattr(os, "getuid") and os.getuid() == 0  # PostgreSQL refuses to run as root
    else {}
)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server; `folder` holds its socket and its files."""

    folder: Path
    binaries: Path

    def run(self, program: str, *arguments: str) -> None:
        log = self.folder / f"{program}.log"
        command = [self.binaries / program, "-D", self.folder / "data", *arguments]
        try:
            with log.open("ab") as output:
                subprocess.run(
                    command, check=True, cwd=self.folder, stdout=output, stderr=output, **USER
                )
        except subprocess.CalledProcessError:
            pytest.fail(f"{program}: {log.read_text()}")

    def make(self) -> None:
        self.run("initdb", "-U", "fer", "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8")

    def start(self) -> None:
        options = f"-c fsync=off -c listen_addresses= -k {self.folder}"
        self.run("pg_ctl", "start", "-w", "-o", options, "-l", str(self.folder / "server.log"))

    def stop(self) -> None:
        self.run("pg_ctl", "stop", "-m", "immediate")

    def emptied(self) -> str:
        """The URL of its database, which is empty again."""
        import psycopg

        with psycopg.connect(f"host={self.folder} user=fer dbname=postgres") as connection:
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return f"postgresql://fer@/postgres?host={self.folder}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server that only this machine reaches, run by somebody without privileges."""
    folder = Path(tempfile.mkdtemp(prefix="fer-pg-"))  # pytest's are too long for a socket's path
    try:
        server = Server(folder, _binaries())
        if USER:
            shutil.chown(folder, USER["user"], USER["group"])
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """The folder of PostgreSQL's programs, the newest where there are several."""
    found = [Path(path) for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    if os.environ.get("CI"):
        pytest.fail("no PostgreSQL: expected its program initdb")
    pytest.skip("no PostgreSQL: install the package postgresql")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, fer_home: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'corrections.db'}"
    server: Server = request.getfixturevalue("postgres")
    return server.emptied()


@pytest.fixture
def store(url: str) -> Store:
    return open_store(url)
