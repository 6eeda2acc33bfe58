"""The runs on this machine: create, list, find and compare them."""

import re
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pandas as pd

from fer import models, settings
from fer.data import TEST_SPLITS
from fer.errors import TrainingError
from fer.files import write_text
from fer.people import Action, acting, require
from fer.runs.run import BY_FILE, NAME_LENGTH, Run, worked_s, writing_runs
from fer.training.config import TrainingConfig


def create(
    config: TrainingConfig, *, name: str = "", state: str = "queued", devices: int = 1
) -> Run:
    """Create the folder of a new run; it appears whole or not at all.

    The run gets its own copies of the models that its configuration names.

    Args:
        config: Its configuration.
        name: A name of its own, if any.
        state: The state that it begins in.
        devices: How many devices share its batches, unless it is resumed on another number.

    Raises:
        ModelNotFoundError: If the start model or a teacher does not exist.
        TrainingError: If it cannot be written.
    """
    require(Action.TRAIN)
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
            if by := acting().name:
                write_text(made / BY_FILE, by)
            now = time.time()
            Run(made).write_status(
                state=state, created=now, queued=now, epochs=config.epochs, devices=devices
            )
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


def free_name(wanted: str) -> str:
    """This name if no run has it, else with the next number in place of its own, if any.

    A name that is too long is cut.
    """
    taken = {run.name for run in list_runs()}
    if (name := wanted[:NAME_LENGTH].strip()) not in taken:
        return name
    base, ends = re.sub(r" \d+$", "", name), (f" {n}" for n in count(2))
    names = (base[: NAME_LENGTH - len(end)].rstrip() + end for end in ends)
    return next(name for name in names if name not in taken)


def comparison(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """One row per figure, and per option in which the runs differ; one value per run."""
    statuses = [run.status() for run in runs]
    rows: dict[str, list[Any]] = {
        "state": [status.get("state", "") for status in statuses],
        "epochs done": [status.get("finished_epochs", 0) for status in statuses],
        "best epoch": [status.get("best_epoch", "") for status in statuses],
        "best validation accuracy": _formatted(statuses, "best_val_accuracy", "{:.1%}"),
        **_test_figures(runs),
        "minutes worked": ["" if s is None else f"{s / 60:.1f}" for s in map(worked_s, statuses)],
    }
    options = pd.json_normalize([run.config().to_dict() for run in runs]).astype(object)
    for name, values in options.fillna("").items():
        row = values.tolist()
        if any(value != row[0] for value in row):
            rows[str(name)] = row
    return rows


def measured_on_test(run: Run) -> dict[str, float]:
    """`test_accuracy` and `test_mean_recall` of a run's model; empty until they are measured."""
    measured = run.figures()
    for split in TEST_SPLITS:
        if split in measured:
            figures = measured[split]
            return {
                "test_accuracy": figures["accuracy"],
                "test_mean_recall": figures["balanced_accuracy"],
            }
    return {}


def _test_figures(runs: Sequence[Run]) -> dict[str, list[str]]:
    """Rows for every test split that any of the runs has figures of."""
    measured = [run.figures() for run in runs]
    rows = {}
    for split in TEST_SPLITS:
        of_split = [figures.get(split) for figures in measured]
        if any(of_split):
            columns = [in_words(figures) if figures else ("", "", "") for figures in of_split]
            names = ("accuracy on", "mean recall on", "faces in")
            for name, row in zip(names, zip(*columns, strict=True), strict=True):
                rows[f"{name} {split}"] = list(row)
    return rows


def in_words(figures: Mapping[str, Any]) -> tuple[str, str, str]:
    """Accuracy and mean recall with their 95% intervals, and the number of faces."""
    accuracy = _with_interval(figures["accuracy"], figures["accuracy_ci95"])
    recall = _with_interval(figures["balanced_accuracy"], figures["ci95"]["balanced_accuracy"])
    return accuracy, recall, f"{figures['images']:,}"


def _with_interval(share: float, interval: Sequence[float]) -> str:
    """A share with its 95% interval.

    >>> _with_interval(0.612, (0.596, 0.628))
    '61.2% (59.6% to 62.8%)'
    """
    low, high = interval
    return f"{share:.1%} ({low:.1%} to {high:.1%})"


def _formatted(statuses: Sequence[Mapping[str, Any]], key: str, template: str) -> list[str]:
    values = (status.get(key) for status in statuses)
    return ["" if value is None else template.format(value) for value in values]
