"""Carrying out training runs: what the detached worker does, and `train` in a terminal."""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer import api
from fer.errors import FerError, TrainingError
from fer.files import write_text
from fer.runs import queue
from fer.runs.recorder import Recorder
from fer.runs.run import Run
from fer.training import checkpoint
from fer.training.events import EpochEnded

if TYPE_CHECKING:
    from fer.models.model import Model
    from fer.training.events import Listener

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.2
_TESTS = ("test", "public_test", "private_test")
_RESERVE_BYTES = 1 << 18
"""Given back when the disk is full, so that the run can still say so."""


def work() -> None:
    """Carry out the next run of the queue, if it is nobody else's turn; then pass the turn on."""
    with queue.training_lock() as mine:
        run = next(iter(queue.waiting()), None) if mine else None
        if run is not None:
            with run.held():
                if run.stored_status().get("state") == "queued":
                    _log_to(run.folder / "train.log")
                    with suppress(Exception):  # it stands in the run's log and status
                        run_training(run)
    # Only after the turn is over: who is queued in the meantime relies on this look. One that
    # could not even begin (a full disk) waits for the next call, lest this go round for ever.
    if mine and run not in (waiting := queue.waiting()) and waiting:
        queue.start_worker()


def _log_to(path: Path) -> None:
    """Send all that this process says to a file, TensorFlow's own words included."""
    with path.open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )


def run_training(
    run: Run,
    *,
    listener: "Listener | None" = None,
    progress: Callable[[int, int], None] | None = None,
    stop: threading.Event | None = None,
) -> "Model":
    """Train a run whose lock and whose turn this process holds, from where it is to its end.

    Args:
        run: The run.
        listener: Told what the run's folder is told.
        progress: Called with files read and files planned while the data set is read.
        stop: Once set, training ends after the current step and keeps what it has.

    Raises:
        FerError: What kept it from its end, a full disk included; the run is then `failed`, with
            the reason.
        Exception: As well.
    """
    recorder = Recorder(run)
    recorder.state("preparing")
    reserve = run.folder / ".reserve"
    control = _Control(run, recorder, stop)

    def tell(event: Any) -> None:
        recorder(event)
        if isinstance(event, EpochEnded):
            log.info(
                "Epoch %d of %d: loss %.4f, accuracy %.4f; validation loss %.4f, accuracy %.4f%s; "
                "%.0f s",
                *(event.epoch, event.epochs, event.loss, event.accuracy, event.val_loss),
                *(event.val_accuracy, " (best)" if event.is_best else "", event.seconds),
            )
        if listener:
            listener(event)

    def read(done: int, planned: int) -> None:
        recorder.reading(done, planned)
        if progress:
            progress(done, planned)

    try:
        reserve.write_bytes(os.urandom(_RESERVE_BYTES))
        config = run.config()
        log.info("Training %s on %s", config.architecture, config.dataset)
        trained = _train(
            run,
            listener=tell,
            progress=read,
            should_stop=control.should_stop,
            measuring=lambda: recorder.state("measuring"),
        )
    except BaseException as error:
        reserve.unlink(missing_ok=True)
        reason = _reason(error)
        if isinstance(error, FerError | OSError | KeyboardInterrupt):
            log.info("The run failed: %s", reason)  # whoever called says so in a terminal
        else:
            log.exception("The run failed")
        if checkpoint.exists(run.checkpoints) and not isinstance(error, KeyboardInterrupt):
            with suppress(Exception):  # the reason of the failure is what counts
                _train(run, go_on=False)
        recorder.state("failed", reason=reason)
        if isinstance(error, OSError):
            raise TrainingError(reason) from error
        raise
    finally:
        reserve.unlink(missing_ok=True)
        run.request("")
    stopped = bool(trained.card.training["stopped"])
    tests = [trained.card.metrics[name] for name in _TESTS if name in trained.card.metrics]
    recorder.state(
        "stopped" if stopped else "finished",
        test_accuracy=tests[0]["accuracy"] if tests else None,
    )
    log.info("The run has %s", "stopped" if stopped else "finished")
    return trained


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError):
        return f"{error}. Mend that (make room on the disk), then resume the run."
    if isinstance(error, KeyboardInterrupt):
        return "It was interrupted. Resume it from its last finished epoch."
    return str(error) if isinstance(error, FerError) else repr(error)


def _train(run: Run, **how: Any) -> "Model":
    """Train as the run's configuration says; write the model and its figures."""
    config = run.config()
    start = run.folder / "start"
    trained = api.train(
        config.dataset,
        config=config,
        out=run.model_folder,
        checkpoints=run.checkpoints,
        start=start if start.is_dir() else None,
        teachers=sorted((run.folder / "teachers").glob("*")),
        **how,
    )
    figures = {split: dict(measured) for split, measured in trained.card.metrics.items()}
    write_text(run.folder / "figures.json", json.dumps(figures))
    return trained


class _Control:
    """Looks for requests now and then; waits while it is to pause."""

    def __init__(self, run: Run, recorder: Recorder, stop: threading.Event | None) -> None:
        self._run, self._recorder, self._stop = run, recorder, stop
        self._looked = 0.0

    def should_stop(self) -> bool:
        if self._stop and self._stop.is_set():
            return True
        now = time.monotonic()
        if now - self._looked < _LOOK_EVERY_S:
            return False
        self._looked = now
        if self._run.requested() == "pause":
            self._pause()
        if self._run.requested() == "stop":
            self._recorder.state("stopping")
            return True
        return False

    def _pause(self) -> None:
        self._recorder.state("paused")
        log.info("Paused")
        while self._run.requested() == "pause":
            if self._stop and self._stop.is_set():
                return
            time.sleep(_LOOK_EVERY_S)
        log.info("Going on")
        self._recorder.state("running")
