"""A comparison of runs: their figures, and the options in which they differ."""

from collections.abc import Mapping, Sequence
from typing import Any

from fer.runs.run import Run


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
    options = [_flat(run.config().to_dict()) for run in runs]
    for name in dict.fromkeys(name for values in options for name in values):
        row = [values.get(name, "") for values in options]
        if any(value != row[0] for value in row):
            rows[name] = row
    return rows


def _formatted(
    statuses: Sequence[Mapping[str, Any]], key: str, template: str, *, per: float = 1
) -> list[str]:
    values = (status.get(key) for status in statuses)
    return ["" if value is None else template.format(value / per) for value in values]


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
