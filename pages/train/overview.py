"""All training runs with their states."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fer import runs
from fer.runs.run import Run

STATE_SYMBOLS = {
    "queued": "⏳ queued",
    "starting": "🔵 starting",
    "preparing": "🔵 preparing",
    "running": "🔵 running",
    "paused": "⏸️ paused",
    "stopping": "🔵 stopping",
    "measuring": "🔵 measuring",
    "finished": "✅ finished",
    "stopped": "⏹️ stopped",
    "failed": "❌ failed",
    "crashed": "💥 crashed",
}


@dataclass(frozen=True)
class Row:
    """A run, its name and its status."""

    run: Run
    name: str
    status: dict[str, Any]

    @property
    def state(self) -> str:
        return str(self.status.get("state", "crashed"))

    @property
    def has_result(self) -> bool:
        """Whether it has ended with a model of at least one epoch."""
        epochs = self.status.get("finished_epochs", 0)
        return bool(epochs) and self.state not in runs.ACTIVE and self.run.has_model


def row_of(run: Run) -> Row:
    return Row(run, run.name, run.status())


def overview() -> list[Row]:
    """All runs, the newest first."""
    return [row_of(run) for run in runs.list_runs()]


def signature(rows: Sequence[Row]) -> tuple[tuple[str, str, str, int], ...]:
    """Changes whenever a list of runs does, but not with each batch of the active one."""
    return tuple(
        (row.run.id, row.name, row.state, row.status.get("finished_epochs", 0)) for row in rows
    )
