"""A training run on disk: one folder holds everything about it.

| file            | content                                                                  |
|-----------------|--------------------------------------------------------------------------|
| `config.toml`   | the configuration, as the user gave it                                   |
| `status.json`   | state, progress and reason; replaced atomically                          |
| `metrics.jsonl` | a line per step (thinned out) and per epoch                              |
| `history.csv`   | a row per epoch                                                          |
| `train.log`     | the output of the worker                                                 |
| `checkpoints/`  | `last.npz` and `best-….npz`                                              |
| `model/`        | the model                                                                |
| `figures.json`  | its figures by split                                                     |
| `lock`          | held by the worker while it lives                                        |
| `request`       | `stop` or `pause`, for the worker                                        |
| `name.txt`      | the run's name, if it has one of its own                                 |
| `by.txt`        | who began it, if somebody had to sign in                                 |
| `notes.txt`     | what somebody noted about it                                             |
| `start/`        | a copy of the model that it starts from, if any                          |
| `teachers/`     | copies of its teachers, numbered as in the configuration                 |
"""

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fer import models
from fer.errors import TrainingError
from fer.files import write_text, writing
from fer.people import Action, require
from fer.runs.file_types import Figures, Status
from fer.training.config import TrainingConfig
from fer.typed import from_json

writing_runs = partial(writing, error=TrainingError, variable="FER_RUNS")
"""Turns an OSError into a TrainingError with advice."""

ACTIVE = ("starting", "preparing", "running", "paused", "stopping", "measuring")
"""States in which a worker holds the run; if nobody does, the run has crashed."""

NAME_LENGTH = 100
"""How many characters a run's name may have."""

BY_FILE, NOTES_FILE, FIGURES_FILE = "by.txt", "notes.txt", "figures.json"

RESUMABLE = ("stopped", "failed", "crashed")


def worked_s(status: Mapping[str, Any]) -> float | None:
    """Seconds that a run has worked, without pauses; of an old run, those of its epochs."""
    seconds: float | None = status.get("worked_s", status.get("seconds"))
    return seconds


@dataclass(frozen=True)
class Run:
    """A run's folder."""

    folder: Path

    @property
    def id(self) -> str:
        """Its folder's name."""
        return self.folder.name

    @property
    def name(self) -> str:
        """The name given to it, or else its id."""
        with suppress(OSError, UnicodeDecodeError):
            return (self.folder / "name.txt").read_text(encoding="utf-8").strip()
        return self.id

    @property
    def by(self) -> str:
        """Who began it; "" where nobody had to sign in."""
        with suppress(OSError, UnicodeDecodeError):
            return (self.folder / BY_FILE).read_text(encoding="utf-8").strip()
        return ""

    @property
    def model_folder(self) -> Path:
        """Folder of its model, once there is one."""
        return self.folder / "model"

    @property
    def checkpoints(self) -> Path:
        """Folder of its checkpoints."""
        return self.folder / "checkpoints"

    @property
    def has_model(self) -> bool:
        """Whether it has a model."""
        return (self.model_folder / models.CARD_FILE).is_file()

    def config(self) -> TrainingConfig:
        """Its configuration, as the user gave it.

        Raises:
            ConfigError: If it cannot be read.
        """
        return TrainingConfig.read(self.folder / "config.toml")

    def local_config(self) -> TrainingConfig:
        """Its configuration, with its own copies in place of the models that it names.

        Raises:
            ConfigError: If it cannot be read.
        """

        def copy(place: str, name: str) -> str:
            folder = self.folder / place
            return str(folder) if folder.is_dir() else name

        config = self.config()
        teachers = [copy(f"teachers/{n}", name) for n, name in enumerate(config.teachers)]
        return config.changed(
            {"start_from": copy("start", config.start_from), "teachers": teachers}
        )

    def stored_status(self) -> dict[str, Any]:
        """The status as last written; empty if it cannot be read."""
        with suppress(OSError, ValueError):
            status: dict[str, Any] = from_json((self.folder / "status.json").read_bytes(), Status)
            return status
        return {}

    def status(self) -> dict[str, Any]:
        """The status as last written, but `crashed` if its worker is gone."""
        status = self.stored_status()
        state = status.get("state")
        if state is None or (state in ACTIVE and not self.is_held()):
            # It may have ended between reading the status and checking the lock.
            again = self.stored_status()
            if again.get("state") == state:
                reason = "Its process ended unexpectedly (killed, out of memory, or a power cut)."
                return {**again, "state": "crashed", "reason": reason}
            return again
        return status

    @property
    def devices(self) -> int:
        """How many devices share its batches: no part of its configuration, as it changes nothing.

        A resumed run may have another number.
        """
        devices: int = self.stored_status().get("devices", 1)
        return devices

    def write_status(self, **facts: Any) -> None:
        """Replace the status atomically.

        Raises:
            TrainingError: If it cannot be written.
        """
        status = {**facts, "updated": time.time()}
        with writing_runs(self.folder):
            write_text(self.folder / "status.json", json.dumps(status), sync=False)

    @contextmanager
    def held(self, *, timeout_s: float = 5.0) -> Iterator[None]:
        """Hold the run's lock; it is released when the process ends, however it ends.

        Raises:
            TrainingError: If another process holds it.
        """
        lock = FileLock(self.folder / "lock")
        try:
            # `is_held` takes the lock for a moment.
            proxy = lock.acquire(timeout=timeout_s, poll_interval=0.02)
        except Timeout:
            raise TrainingError(f"The run '{self.name}' is in use by a worker.") from None
        with proxy:
            yield

    def is_held(self) -> bool:
        """Whether a live process holds its lock."""
        try:
            with self.held(timeout_s=0):
                return False
        except (TrainingError, OSError):
            return True

    def figures(self) -> dict[str, dict[str, Any]]:
        """The figures of its model by split; empty until they are measured."""
        with suppress(OSError, ValueError):
            content = (self.folder / FIGURES_FILE).read_bytes()
            figures: dict[str, dict[str, Any]] = from_json(content, Mapping[str, Figures])
            return figures
        return {}

    @property
    def notes(self) -> str:
        """What somebody noted about it."""
        with suppress(OSError, UnicodeDecodeError):
            return (self.folder / NOTES_FILE).read_text(encoding="utf-8").strip()
        return ""

    def write_notes(self, text: str) -> None:
        """Keep notes about it, in place of the earlier ones.

        Raises:
            TrainingError: If they cannot be written.
        """
        require(Action.TRAIN)
        with writing_runs(self.folder):
            write_text(self.folder / NOTES_FILE, text.strip() + "\n")

    def request(self, what: str) -> None:
        """Ask the worker to `stop` or `pause`; an empty text withdraws the request.

        Raises:
            TrainingError: If it cannot be written.
        """
        require(Action.TRAIN)
        file = self.folder / "request"
        with writing_runs(self.folder):
            if what:
                write_text(file, what, sync=False)
            else:
                file.unlink(missing_ok=True)

    def requested(self) -> str:
        """The pending request to the worker, if any."""
        with suppress(OSError, UnicodeDecodeError):
            return (self.folder / "request").read_text(encoding="utf-8").strip()
        return ""

    def rename(self, name: str) -> None:
        """Give it another name; its folder stays the same.

        Raises:
            TrainingError: If the name is empty or too long, or cannot be written.
        """
        require(Action.TRAIN)
        clean = " ".join(name.split())
        if not 0 < len(clean) <= NAME_LENGTH:
            raise TrainingError(f"A run's name must have 1 to {NAME_LENGTH} characters.")
        with writing_runs(self.folder):
            write_text(self.folder / "name.txt", clean)

    def remove(self) -> None:
        """Delete its folder; a model that was added to the models stays.

        Raises:
            TrainingError: If a worker holds it.
        """
        require(Action.TRAIN)
        with self.held(timeout_s=0.5), suppress(TrainingError):  # the disk may be full
            self.write_status(state="removed")
        removed = self.folder.rename(self.folder.with_name(f".removed-{self.id}"))
        shutil.rmtree(removed, ignore_errors=True)

    def add_to_models(self, name: str, *, may_replace: bool = False) -> Path:
        """Copy its model into the models folder.

        Args:
            name: Its name there.
            may_replace: Whether a model of that name is replaced.

        Raises:
            TrainingError: If there is no model yet.
            ModelError: If the name is not valid or taken, or the folder holds something else.
        """
        require(Action.MANAGE_MODELS)
        if not self.has_model:
            raise TrainingError(f"The run '{self.name}' has no model yet.")
        return models.copy(self.model_folder, models.named(name), may_replace=may_replace)
