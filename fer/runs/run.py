"""Training runs on disk: one folder each, which tells all there is to know about it.

| file            | what                                                                     |
|-----------------|--------------------------------------------------------------------------|
| `config.toml`   | the configuration                                                        |
| `status.json`   | state, progress and reason; replaced in one move                         |
| `metrics.jsonl` | a line per step (thinned out) and per epoch                              |
| `history.csv`   | a row per epoch                                                          |
| `train.log`     | what the worker said                                                     |
| `checkpoints/`  | `last.npz` and `best-….npz`                                              |
| `model/`        | the model                                                             |
| `figures.json`  | its figures by split                                                     |
| `lock`          | held by the worker as long as it lives                                   |
| `request`       | `stop` or `pause`: what the worker is asked for                          |
| `name.txt`      | what the run is called, once it has been renamed                         |
| `start/`        | the model that it goes on from, if any                                   |
"""

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fer import models, settings
from fer.errors import TrainingError
from fer.files import write_text
from fer.models.card import read_card
from fer.training.config import TrainingConfig

ACTIVE = ("preparing", "running", "paused", "stopping", "measuring")
"""States in which a worker holds the run; one that nobody holds has crashed."""

RESUMABLE = ("stopped", "failed", "crashed")


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
        """What it is called."""
        with suppress(OSError):
            return (self.folder / "name.txt").read_text(encoding="utf-8").strip()
        return self.id

    @property
    def model_folder(self) -> Path:
        """Where its model is, once there is one."""
        return self.folder / "model"

    @property
    def checkpoints(self) -> Path:
        """Where its checkpoints are."""
        return self.folder / "checkpoints"

    @property
    def has_model(self) -> bool:
        """Whether it has a model."""
        return (self.model_folder / models.CARD_FILE).is_file()

    def config(self) -> TrainingConfig:
        """Its configuration.

        Raises:
            ConfigError: If it cannot be read.
        """
        return TrainingConfig.read(self.folder / "config.toml")

    def stored_status(self) -> dict[str, Any]:
        """What the worker wrote last; empty if it cannot be read."""
        with suppress(OSError, ValueError):
            status = json.loads((self.folder / "status.json").read_text(encoding="utf-8"))
            if isinstance(status, dict):
                return status
        return {}

    def status(self) -> dict[str, Any]:
        """What the worker wrote last, with the state `crashed` if it is no more."""
        status = self.stored_status()
        state = status.get("state")
        if state is None or (state in ACTIVE and not self.is_held()):
            # It may have ended between the two looks.
            again = self.stored_status()
            if again.get("state") == state:
                reason = "Its process ended without a word (killed, out of memory, or power cut)."
                return {**again, "state": "crashed", "reason": reason}
            return again
        return status

    def write_status(self, **facts: Any) -> None:
        """Replace the status, in one move.

        Raises:
            TrainingError: If the disk does not take it.
        """
        status = {**facts, "updated": datetime.now(UTC).timestamp()}
        with writing(self.folder):
            write_text(self.folder / "status.json", json.dumps(status), sync=False)

    @contextmanager
    def held(self, *, timeout_s: float = 5.0) -> Iterator[None]:
        """Hold the run's lock; it is let go when the process ends, however it ends.

        Raises:
            TrainingError: If another process holds it.
        """
        lock = FileLock(self.folder / "lock")
        try:
            # A look at the lock by `is_held` takes it for a moment.
            lock.acquire(timeout=timeout_s, poll_interval=0.02)
        except Timeout:
            raise TrainingError(f"The run '{self.name}' is being worked on.") from None
        try:
            yield
        finally:
            lock.release()

    def is_held(self) -> bool:
        """Whether a live process works on it."""
        try:
            with self.held(timeout_s=0):
                return False
        except (TrainingError, OSError):
            return True

    def request(self, what: str) -> None:
        """Ask the worker for `stop` or `pause`; an empty text takes that back.

        Raises:
            TrainingError: If the disk does not take it.
        """
        file = self.folder / "request"
        with writing(self.folder):
            if what:
                write_text(file, what, sync=False)
            else:
                file.unlink(missing_ok=True)

    def requested(self) -> str:
        """What the worker is asked for."""
        with suppress(OSError):
            return (self.folder / "request").read_text(encoding="utf-8").strip()
        return ""

    def rename(self, name: str) -> None:
        """Call it something else; its folder keeps its name.

        Raises:
            TrainingError: If the name is empty or too long, or the disk does not take it.
        """
        clean = " ".join(name.split())
        if not 0 < len(clean) <= 100:
            raise TrainingError("A run's name has 1 to 100 characters.")
        with writing(self.folder):
            write_text(self.folder / "name.txt", clean)

    def remove(self) -> None:
        """Delete it with all that it made; models that were added stay.

        Raises:
            TrainingError: If it is being worked on.
        """
        with self.held(timeout_s=0.5), suppress(TrainingError):  # a full disk is why one deletes
            self.write_status(state="removed")
        gone = self.folder.with_name(f".removed-{self.id}")
        self.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def add_to_models(self, name: str) -> Path:
        """Copy its model to the models; one of that name is replaced.

        Raises:
            TrainingError: If there is no model yet.
            ModelError: If the name cannot be a folder's, or something else is in the way.
        """
        if not self.has_model:
            raise TrainingError(f"The run '{self.name}' has no model yet.")
        return models.copy(self.model_folder, models.named(name))


def create(config: TrainingConfig, *, name: str = "", state: str = "queued") -> Run:
    """Make the folder of a new run; it appears whole or not at all.

    Raises:
        ModelNotFoundError: If the model to go on from, or a teacher, is not there.
        TrainingError: If the disk does not take it.
    """
    root = settings.runs_folder()
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    run = Run(root / f"{stamp}-{config.architecture}-{secrets.token_hex(2)}")
    made = root / f".new-{run.id}"
    try:
        with writing(root):
            made.mkdir(parents=True)
            if config.start_from:
                source = models.find(config.start_from)
                config = config.adopted(read_card(source / models.CARD_FILE))
                shutil.copytree(source, made / "start")
            for number, teacher in enumerate(config.teachers):
                shutil.copytree(models.find(teacher), made / "teachers" / str(number))
            write_text(made / "config.toml", config.to_toml())
            if name:
                Run(made).rename(name)
            now = datetime.now(UTC).timestamp()
            Run(made).write_status(state=state, created=now, queued=now, epochs=config.epochs)
            made.rename(run.folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return run


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Tell what the disk does not take in words.

    Raises:
        TrainingError: Instead of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"'{folder}' cannot be written to ({error}). Make room on the disk, or let FER_RUNS "
            "name another folder."
        ) from error


def list_runs() -> list[Run]:
    """All runs, the newest first."""
    folders = settings.runs_folder().glob("[!.]*/config.toml")
    return [Run(file.parent) for file in sorted(folders, reverse=True)]


def find(text: str) -> Run:
    """A run by its id, the beginning of it, its name, or `last`.

    Raises:
        TrainingError: If none or several fit.
    """
    known = list_runs()
    if text == "last" and known:
        return known[0]
    exact = [run for run in known if text in (run.id, run.name)]
    fitting = exact or [run for run in known if run.id.startswith(text)]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(run.name for run in (fitting or known)[:10]) or "none"
    problem = "Several runs fit" if fitting else "No run"
    raise TrainingError(f"{problem} '{text}'. Known: {listed}. See `python -m fer runs list`.")


def comparison(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """One row per figure, and per option in which the runs differ; one value per run."""
    statuses = [run.status() for run in runs]
    rows: dict[str, list[Any]] = {
        "state": [status.get("state", "") for status in statuses],
        "epochs done": [status.get("finished_epochs", 0) for status in statuses],
        "best epoch": [status.get("best_epoch", "") for status in statuses],
    }
    for title, key in (("best validation accuracy", "best_val_accuracy"), ("minutes", "seconds")):
        values = [status.get(key) for status in statuses]
        shown = (lambda v: f"{v / 60:.1f}") if key == "seconds" else (lambda v: f"{v:.1%}")
        rows[title] = ["" if value is None else shown(value) for value in values]
    flat = [_flat(run.config().to_dict()) for run in runs]
    for name in dict.fromkeys(name for values in flat for name in values):
        row = [values.get(name, "") for values in flat]
        if any(value != row[0] for value in row):
            rows[name] = row
    return rows


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
