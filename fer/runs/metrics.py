"""Read `metrics.jsonl`, even while it is being written."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from fer.runs.file_types import Epoch, Step
from fer.runs.run import Run
from fer.typed import from_json
from fer.wording import as_cell

METRICS_FILE = "metrics.jsonl"
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")

Rows = list[dict[str, Any]]


def read_metrics(folder: Path) -> tuple[Rows, Rows]:
    """The steps and the finished epochs of a run so far.

    An incomplete last line, still being written or cut off by a crash, is skipped.
    """
    rows: dict[str, Rows] = {"step": [], "epoch": []}
    with suppress(OSError, UnicodeDecodeError):
        text = (folder / METRICS_FILE).read_text(encoding="utf-8")
        for line in text.split("\n")[:-1]:
            with suppress(ValueError):  # it is no row
                row = from_json(line.encode(), Step | Epoch)
                rows[row["kind"]].append(row)
    return rows["step"], rows["epoch"]


def read_curves(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The steps and the finished epochs as tables; `at` is the place of each, in epochs.

    Half of the first epoch is 0.5, and its end is 1.
    """
    steps, epochs = map(pd.DataFrame, read_metrics(run.folder))
    if not epochs.empty:
        epochs["at"] = epochs["epoch"].astype(float)
    if not steps.empty:
        # A status that is damaged leaves the steps themselves to judge by.
        batches = run.stored_status().get("batches") or (steps["step"] / steps["epoch"]).max()
        steps["at"] = steps["step"] / batches
    return steps, epochs


def smoothed(values: pd.Series, smoothing: float) -> pd.Series:
    """The running mean in which the past weighs `smoothing` (0 to below 1), as in TensorBoard."""
    mean: pd.Series = values.ewm(alpha=1 - smoothing).mean()
    return mean


def curves_csv(runs: Mapping[str, Run]) -> str:
    """The curves of runs, by the name to give each, as CSV: a row per recorded step and epoch."""
    parts = []
    for name, run in runs.items():
        for kind, rows in zip(("step", "epoch"), read_curves(run), strict=True):
            part = rows.reindex(columns=["at", *CURVES]).rename(columns={"at": "epoch"})
            parts.append(part.assign(run=as_cell(name), kind=kind))
    table = pd.concat(parts).sort_values(["run", "epoch"], kind="stable")
    return str(table[["run", "kind", "epoch", *CURVES]].to_csv(index=False))
