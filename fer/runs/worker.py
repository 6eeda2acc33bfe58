"""Train runs: as the detached worker, or for `train` in a terminal."""

import json
import logging
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from fer import models
from fer.errors import FerError, TrainingError
from fer.files import write_text
from fer.people import Person, act_as
from fer.runs import queue
from fer.runs.recorder import Recorder
from fer.runs.run import FIGURES_FILE, Run
from fer.training.events import Observer

log = logging.getLogger(__name__)

_RESERVE_BYTES = 1 << 18
"""Freed when the disk is full, so that the run can still record its failure."""

_UNMEASURED = "The measuring was stopped, so the model has no figures. Evaluate measures it."


def work() -> None:
    """Train the next queued run if the training lock is free; then start a worker for the rest."""
    with queue.training_lock() as mine:
        run = next(iter(queue.waiting()), None) if mine else None
        if run is not None:
            with run.held():
                if run.stored_status().get("state") == "queued":
                    _log_to(run.folder / "train.log")
                    with suppress(Exception):  # it is in the run's log and status
                        run_training(run)
    # Only after the lock is free: runs queued in the meantime rely on this check. A run that could
    # not even begin (a full disk) waits for the next call, or this would repeat forever.
    if mine and run not in (waiting := queue.waiting()) and waiting:
        queue.start_worker()


def _log_to(path: Path) -> None:
    """Send all output of this process to a file, TensorFlow's included."""
    with path.open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )


def run_training(run: Run, observer: Observer | None = None) -> models.Model:
    """Train a run from its current state to its end.

    This process must hold both the run's lock and the training lock. The observer receives the
    same events as the recorder, and may end the training.

    Raises:
        FerError: If training fails, also on a full disk; the run is then `failed`, with the reason.
        Exception: Any other exception is re-raised after the run is marked `failed`.
    """
    recorder = Recorder(run, observer)
    recorder.state("starting")
    reserve = run.folder / ".reserve"
    try:
        reserve.write_bytes(os.urandom(_RESERVE_BYTES))
        config = run.config()
        from fer.training import fit  # noqa: F401 - loads Keras, which takes seconds

        recorder.state("preparing")
        log.info("Training %s on %s", config.architecture, config.dataset)
        trained = _train(run, recorder, devices=run.devices)
    except BaseException as error:
        reserve.unlink(missing_ok=True)
        reason = _reason(error)
        if isinstance(error, FerError | OSError | KeyboardInterrupt):
            log.info("The run failed: %s", reason)  # the caller shows it in a terminal
        else:
            log.exception("The run failed")
        if not isinstance(error, KeyboardInterrupt):
            with suppress(Exception):  # the first error is the one to report
                _keep_checkpoint(run)
        recorder.state("failed", reason=reason)
        if isinstance(error, OSError):
            raise TrainingError(reason) from error
        raise
    finally:
        reserve.unlink(missing_ok=True)
        run.request("")
    state = "stopped" if trained.card.training["stopped"] else "finished"
    recorder.state(
        state,
        reason=""
        if trained.card.metrics or not trained.card.training["epochs_run"]
        else _UNMEASURED,
    )
    log.info("The run is %s", state)
    return trained


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError):
        return f"{error}. Fix that (make room on the disk), then resume the run."
    if isinstance(error, KeyboardInterrupt):
        return "It was interrupted. Resume it from its last finished epoch."
    return str(error) if isinstance(error, FerError) else repr(error)


def _train(run: Run, observer: Observer, *, devices: int) -> models.Model:
    """Train as the run's configuration says; write the model and its figures."""
    from fer import api

    config = run.config()
    with act_as(Person(name=run.by)):  # the card names whoever began the run
        trained = api.train(
            config.dataset,
            config=run.local_config(),
            out=run.model_folder,
            observer=observer,
            devices=devices,
        )
    # The card names the models as the user did, not the run's copies of them.
    names = {"start_from": config.start_from, "teachers": config.teachers}
    card = replace(trained.card, config={**trained.card.config, **names})
    if card != trained.card:
        models.save_card(card, run.model_folder)
    write_text(run.folder / FIGURES_FILE, json.dumps(dict(card.metrics)))
    return replace(trained, card=card)


def _keep_checkpoint(run: Run) -> None:
    """Make the model of what a failed run has, without further training."""
    from fer.training import checkpoint

    if checkpoint.exists(run.checkpoints):
        run.request("")  # the next request to stop skips the measuring
        _train(run, _StopAtOnce(run), devices=1)  # those asked for may be what failed


class _StopAtOnce(Observer):
    """Ends a training before its first step."""

    def __init__(self, run: Run) -> None:
        self._run, self.checkpoints = run, run.checkpoints

    def should_stop(self) -> bool:
        return True

    def should_skip(self) -> bool:
        return self._run.requested() == "stop"
