"""A small trained model, runs to wait for, and empty databases of each kind."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from fer import api, models
from fer.data import Dataset
from fer.models.model import Model
from fer.nets.augmentation import Augmentation
from fer.runs.run import Run
from fer.training.config import TrainingConfig

if TYPE_CHECKING:
    import keras


@pytest.fixture(scope="session")
def tiny_config() -> TrainingConfig:
    return TrainingConfig(
        architecture="simple",
        height=24,
        width=24,
        epochs=2,
        batch_size=16,
        optimizer="adam",
        learning_rate=0.003,
        ema=0,
        augmentation=Augmentation(),
    )


@pytest.fixture(scope="session")
def tiny_folder(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a trained model."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    api.train(tiny_dataset, config=tiny_config, out=folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_folder: Path) -> Model:
    return models.load(tiny_folder)


@pytest.fixture
def small_config(face_folder: Path) -> TrainingConfig:
    """A training of three steps an epoch, on faces in a folder."""
    return TrainingConfig(
        dataset=str(face_folder),
        architecture="simple",
        height=24,
        width=24,
        epochs=2,
        batch_size=8,
        optimizer="adam",
        learning_rate=0.003,
        ema=0,
        validation_fraction=0.25,
    )


@pytest.fixture(scope="session")
def wait_for() -> Callable[..., None]:
    """Call with a run and states: returns once it is in one of them."""

    def wait(run: Run, *states: str, timeout_s: float = 200) -> None:
        end = time.monotonic() + timeout_s
        while (state := run.status().get("state")) not in states:
            assert time.monotonic() < end, f"{state} after {timeout_s} s: {run.stored_status()}"
            time.sleep(0.05)

    return wait


@pytest.fixture(scope="session")
def shades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of 60 validation faces, 16 × 16: the happy ones are dark, the sad ones bright."""
    root = tmp_path_factory.mktemp("shades")
    rng = np.random.default_rng(0)
    for label, low in (("happy", 20), ("sad", 150)):
        for part, count in (("train", 3), ("validation", 30)):
            folder = root / part / label
            folder.mkdir(parents=True)
            for number in range(count):
                face = rng.integers(low, low + 90, (16, 16), dtype=np.uint8)
                Image.fromarray(face).save(folder / f"{number}.png")
    return root


@pytest.fixture(scope="session")
def shade_network() -> "keras.Model":
    """Takes values 0–255 and answers (sad, happy) for `shades`."""
    import keras

    network = keras.Sequential(
        [
            keras.layers.Input((16, 16, 1)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    network.layers[-1].set_weights([np.array([[0.1, -0.1]]), np.array([-12.8, 12.8])])
    return network


USER: dict[str, Any] = (
    {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    if hasattr(os, "getuid") and os.getuid() == 0  # PostgreSQL refuses to run as root
    else {}
)


@dataclass(frozen=True)
class Postgres:
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
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server that only this machine reaches, run by somebody without privileges."""
    folder = Path(tempfile.mkdtemp(prefix="fer-pg-"))  # pytest's are too long for a socket's path
    try:
        server = Postgres(folder, _binaries())
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
    server: Postgres = request.getfixturevalue("postgres")
    return server.emptied()
