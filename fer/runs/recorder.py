"""Joins a training to its run's folder: writes down its events, and obeys the requests."""

import json
import logging
import time
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from fer.files import write_text
from fer.runs.metrics import METRICS_FILE, read_metrics
from fer.runs.run import Run, worked_s
from fer.training.events import (
    BatchEnded,
    EpochEnded,
    Event,
    FilesRead,
    Measuring,
    Observer,
    Started,
)

log = logging.getLogger(__name__)

POLL_EVERY_S = 0.2
STATUS_EVERY_S = 0.5
STEP_ROW_EVERY_S = 1.0
STEP_ROWS = 2000
"""About how many step rows a whole run writes."""

_PASSING = {
    "files", "files_planned", "measured", "to_measure", "batch", "loss", "accuracy", "eta_s",
    "faces_per_s",
}  # fmt: skip
"""Facts of a moment, which an earlier process leaves in the status of a run that is resumed."""


class Recorder(Observer):
    """Keeps a run's status, metrics, history and log, at a rate that costs no time.

    Another observer receives the same events, and may end the training, too.
    """

    def __init__(self, run: Run, observer: Observer | None = None) -> None:
        self._run, self._observer = run, observer or Observer()
        self.checkpoints = run.checkpoints
        earlier = run.stored_status()
        self._status = {
            "started": time.time(),
            "worked_s": worked_s(earlier) or 0.0,
            **{name: fact for name, fact in earlier.items() if name not in _PASSING},
            "reason": "",
        }
        self._worked_at = time.monotonic()
        self._written = self._row_written = self._polled = 0.0
        self._steps: list[BatchEnded] = []
        self._window: list[tuple[float, int]] = []
        self._clock: tuple[float, int] | None = None
        self._stride = 1
        self._history: list[EpochEnded] = []

    def state(self, state: str, **facts: Any) -> None:
        """Enter a state.

        Raises:
            TrainingError: If it cannot be written.
        """
        self._count_work()
        self._status |= {"state": state, **facts}
        if state in ("running", "paused", "measuring"):
            self._clock, self._window = None, []
            self._status["eta_s"] = None
        if state == "paused":
            self._status["faces_per_s"] = None
        self._write(always=True)

    def notify(self, event: Event) -> None:
        match event:
            case FilesRead():
                self._status |= {"files": event.done, "files_planned": event.planned}
                self._write(always=False)
            case Started():
                self._begin(event)
            case BatchEnded():
                self._batch(event)
            case EpochEnded():
                self._epoch(event)
            case Measuring():
                self._measure(event)
        self._observer.notify(event)

    def should_stop(self) -> bool:
        """Whether the other observer or a request asks for it; a request to pause blocks."""
        if self._observer.should_stop():
            return True
        now = time.monotonic()
        if now - self._polled < POLL_EVERY_S:
            return False
        self._polled = now
        if self._run.requested() == "pause":
            self.state("paused")
            log.info("Paused")
            while self._run.requested() == "pause":
                if self._observer.should_stop():
                    return True
                time.sleep(POLL_EVERY_S)
            log.info("Resumed")
            self.state("running")
        if self._run.requested() == "stop":
            self.state("stopping")
            return True
        return False

    def should_skip(self) -> bool:
        """Whether the other observer or another request to stop asks for it."""
        return self._observer.should_skip() or self._run.requested() == "stop"

    def _begin(self, event: Started) -> None:
        # Drop rows newer than the checkpoint: those epochs will be trained again.
        self._history = list(event.history)
        done = len(self._history)
        steps, _ = read_metrics(self._run.folder)
        rows = [row for row in steps if row["epoch"] <= done]
        rows += map(_epoch_row, self._history)
        rows.sort(key=lambda row: (row["epoch"], row["kind"] == "epoch"))
        write_text(self._run.folder / METRICS_FILE, "".join(json.dumps(row) + "\n" for row in rows))
        self._stride = max(1, event.epochs * event.batches // STEP_ROWS)
        facts = {name: value for name, value in vars(event).items() if name != "history"}
        epoch = min(done + 1, event.epochs)
        self._status |= {"epoch": epoch, "first_epoch": epoch, "batch": 0}
        self._status |= {**facts, **self._so_far()}
        self.state("running")

    def _batch(self, event: BatchEnded) -> None:
        now = time.monotonic()
        done = (event.epoch - 1) * event.batches + event.batch
        if self._clock is None:  # starts after the first step, which compiles
            self._clock = (now, done)
        recent = [item for item in self._window[-200:] if now - item[0] < 20]
        self._window = [*recent, (now, event.faces)]
        self._steps.append(event)
        if event.batch == event.batches or (
            len(self._steps) >= self._stride and now - self._row_written >= STEP_ROW_EVERY_S
        ):
            self._row_written = now
            self._append(self._step_row(done))
            self._steps = []
        eta_s = self._eta_s(now, done, event.epochs * event.batches)
        self._status |= {**vars(event), "faces_per_s": self._faces_per_s(), "eta_s": eta_s}
        self._write(always=False)

    def _measure(self, event: Measuring) -> None:
        now = time.monotonic()
        if self._status["state"] != "measuring":
            self._run.request("")  # a request to stop has been obeyed; the next one skips this
            self.state("measuring")
            self._clock = (now, event.done)
        eta_s = self._eta_s(now, event.done, event.planned)
        self._status |= {"measured": event.done, "to_measure": event.planned, "eta_s": eta_s}
        self._write(always=False)

    def _eta_s(self, now: float, done: int, planned: int) -> float | None:
        """Seconds left, at the pace since the clock was started."""
        since, first = self._clock or (now, done)
        return (now - since) / (done - first) * (planned - done) if done > first else None

    def _step_row(self, done: int) -> dict[str, Any]:
        faces = [step.faces for step in self._steps]
        losses = [step.batch_loss for step in self._steps]
        accuracies = [step.batch_accuracy for step in self._steps]
        return {
            "kind": "step",
            "step": done,
            "epoch": self._steps[-1].epoch,
            "loss": float(np.average(losses, weights=faces)),
            "accuracy": float(np.average(accuracies, weights=faces)),
            "learning_rate": self._steps[-1].learning_rate,
            "faces_per_s": self._faces_per_s(),
        }

    def _faces_per_s(self) -> float | None:
        if len(self._window) < 2:
            return None
        seconds = self._window[-1][0] - self._window[0][0]
        return sum(faces for _, faces in self._window[1:]) / seconds if seconds else None

    def _epoch(self, event: EpochEnded) -> None:
        self._history.append(event)
        self._append(_epoch_row(event))
        write_text(self._run.folder / "history.csv", _csv(self._history))
        self._window = []
        self._polled = float("-inf")  # before another epoch begins, requests are read
        self._status |= self._so_far()
        self._write(always=True)
        log.info(
            "Epoch %d of %d: loss %.4f, accuracy %.4f; validation loss %.4f, accuracy %.4f%s; "
            "%.0f s",
            *(event.epoch, event.epochs, event.loss, event.accuracy, event.val_loss),
            *(event.val_accuracy, " (best)" if event.is_best else "", event.seconds),
        )

    def _so_far(self) -> dict[str, Any]:
        if not self._history:
            return {"finished_epochs": 0}
        last, best = self._history[-1], [entry for entry in self._history if entry.is_best][-1]
        return {
            "finished_epochs": last.epoch,
            "val_loss": last.val_loss,
            "val_accuracy": last.val_accuracy,
            "best_epoch": best.epoch,
            "best_val_accuracy": best.val_accuracy,
            "seconds": sum(entry.seconds for entry in self._history),
        }

    def _append(self, row: dict[str, Any]) -> None:
        with (self._run.folder / METRICS_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _write(self, *, always: bool) -> None:
        now = time.monotonic()
        if always or now - self._written >= STATUS_EVERY_S:
            self._written = now
            self._count_work()
            self._run.write_status(**self._status)

    def _count_work(self) -> None:
        """Count the time since the last call, unless it was a pause."""
        now = time.monotonic()
        if self._status.get("state") != "paused":
            self._status["worked_s"] += now - self._worked_at
        self._worked_at = now


def _epoch_row(entry: EpochEnded) -> dict[str, Any]:
    return {"kind": "epoch", **asdict(entry)}


def _csv(history: list[EpochEnded]) -> str:
    table = pd.json_normalize([asdict(entry) for entry in history], sep="_")
    return str(table.drop(columns="confusion").to_csv(index=False))
