"""The runs on this machine: create, list, find and compare them."""

import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from fer import models, settings
from fer.errors import TrainingError
from fer.files import write_text
from fer.runs.run import Run, writing_runs
from fer.training.config import TrainingConfig


def create(config: TrainingConfig, *, name: str = "", state: str = "queued") -> Run:
    """Create the folder of a new run; it appears whole or not at all.

    The run gets its own copies of the models that its configuration names.

    Raises:
        ModelNotFoundError: If the start model or a teacher does not exist.
        TrainingError: If it cannot be written.
    """
    root = settings.runs_folder()
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    run = Run(root / f"{stamp}-{config.architecture}-{secrets.token_hex(2)}")
    made = root / f".new-{run.id}"
    try:
        with writing_runs(root):
            made.mkdir(parents=True)
            config = config.resolved()
            if config.start_from:
                shutil.copytree(models.find(config.start_from), made / "start")
            for number, teacher in enumerate(config.teachers):
                shutil.copytree(models.find(teacher), made / "teachers" / str(number))
            write_text(made / "config.toml", config.to_toml())
            if name:
                Run(made).rename(name)
            now = time.time()
            Run(made).write_status(state=state, created=now, queued=now, epochs=config.epochs)
            made.rename(run.folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return run


def list_runs() -> list[Run]:
    """All runs, the newest first."""
    folders = settings.runs_folder().glob("[!.]*/config.toml")
    return [Run(file.parent) for file in sorted(folders, reverse=True)]


def find(text: str) -> Run:
    """A run by its id, the beginning of it, its name, or `last`.

    Raises:
        TrainingError: If no run matches, or several do.
    """
    known = list_runs()
    if text == "last" and known:
        return known[0]
    exact = [run for run in known if text in (run.id, run.name)]
    matching = exact or [run for run in known if run.id.startswith(text)]
    if len(matching) == 1:
        return matching[0]
    listed = ", ".join(run.name for run in (matching or known)[:10]) or "none"
    problem = "Several runs match" if matching else "No run"
    raise TrainingError(f"{problem} '{text}'. Known: {listed}. See `python -m fer runs list`.")


def comparison(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """One row per figure, and per option in which the runs differ; one value per run."""
    statuses = [run.status() for run in runs]
    rows = {
        "state": [status.get("state", "") for status in statuses],
        "epochs done": [status.get("finished_epochs", 0) for status in statuses],
        "best epoch": [status.get("best_epoch", "") for status in statuses],
        "best validation accuracy": _formatted(statuses, "best_val_accuracy", "{:.1%}"),
        "minutes": _formatted(statuses, "seconds", "{:.1f}", per=60),
    }
    options = pd.json_normalize([run.config().to_dict() for run in runs]).astype(object)
    for name, values in options.fillna("").items():
        row = values.tolist()
        if any(value != row[0] for value in row):
            rows[str(name)] = row
    return rows


def _formatted(
    statuses: Sequence[Mapping[str, Any]], key: str, template: str, *, per: float = 1
) -> list[str]:
    values = (status.get(key) for status in statuses)
    return ["" if value is None else template.format(value / per) for value in values]
