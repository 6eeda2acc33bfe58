"""One training at a time: the training lock, and the runs that wait for it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from filelock import FileLock, Timeout

from fer import settings
from fer.errors import ConfigError, TrainingError
from fer.people import Action, require
from fer.runs.catalogue import list_runs
from fer.runs.run import ACTIVE, RESUMABLE, Run, writing_runs

_started: list["subprocess.Popen[bytes]"] = []


@contextmanager
def training_lock() -> Iterator[bool]:
    """Try to hold the training lock, and yield whether that worked.

    Raises:
        TrainingError: If the folder of runs cannot be created.
    """
    root = settings.runs_folder()
    with writing_runs(root):
        root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / ".lock")
    with suppress(Timeout):
        lock.acquire(timeout=0)
    try:
        yield lock.is_locked
    finally:
        lock.release()


def waiting() -> list[Run]:
    """The queued runs, the next one first."""
    statuses = [(run, run.stored_status()) for run in reversed(list_runs())]
    queued = [(run, status) for run, status in statuses if status.get("state") == "queued"]
    return [run for run, status in sorted(queued, key=lambda item: item[1].get("queued", 0))]


def active() -> Run | None:
    """The run that is training now, if any."""
    return next((run for run in list_runs() if run.status().get("state") in ACTIVE), None)


def blocker() -> Run | None:
    """The run that a new one would have to wait for, if any."""
    return active() or next(iter(waiting()), None)


def using(dataset: str) -> tuple[list[Run], list[Run]]:
    """The runs that learn from a data set now, alone or on top of another, and those that wait."""

    def is_on_it(run: Run) -> bool:
        with suppress(ConfigError):
            config = run.config()
            return dataset in (config.dataset, config.extra)
        return False

    training = active()
    return (
        [run for run in ([training] if training else []) if is_on_it(run)],
        [run for run in waiting() if is_on_it(run)],
    )


def submit(run: Run, *, devices: int | None = None) -> None:
    """Queue a run, new or resumable, and make sure that a worker runs.

    Args:
        run: The run.
        devices: How many devices shall share its batches; None for as many as before, or 1.

    Raises:
        TrainingError: If it is running, queued or finished.
    """
    require(Action.TRAIN)
    state = run.status().get("state")
    if state not in (*RESUMABLE, "queued"):
        raise TrainingError(f"The run '{run.name}' is {state}; there is nothing to resume.")
    changes: dict[str, Any] = {} if devices is None else {"devices": devices}
    if state != "queued":
        changes |= {"state": "queued", "reason": "", "queued": time.time()}
    if changes:
        with run.held():
            run.request("")
            run.write_status(**run.stored_status() | changes)
    start_worker()


def stop(run: Run) -> None:
    """Ask a run to end after its current step; a queued run just leaves the queue.

    Raises:
        TrainingError: If it is not running or queued.
    """
    require(Action.TRAIN)
    status = run.status()
    if status.get("state") == "queued":
        with run.held():
            status = run.stored_status()
            if status.get("state") == "queued":
                run.write_status(**{**status, "state": "stopped", "reason": "Left the queue."})
                return
    if status.get("state") not in ACTIVE:
        raise TrainingError(
            f"The run '{run.name}' is {status.get('state')}; there is nothing to stop."
        )
    run.request("stop")


def start_worker() -> None:
    """Start a process that outlives this one and trains the next run of the queue.

    It exits at once if another process holds the training lock: that one checks the queue again
    when it is done.
    """
    root = settings.runs_folder()
    root.mkdir(parents=True, exist_ok=True)
    paths = [str(settings.checkout() or ""), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        # As absolute paths: the worker runs in another folder.
        "FER_HOME": str(settings.home()),
        "FER_RUNS": str(root),
    }
    # Windows detaches by these flags, other systems by the new session.
    flags = ("DETACHED_PROCESS", "CREATE_NEW_PROCESS_GROUP")
    with (root / ".worker.log").open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "fer", "runs", "work"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=root,
            start_new_session=True,
            creationflags=sum(getattr(subprocess, flag, 0) for flag in flags),
        )
    # Polling reaps those that have ended, which would otherwise stay as zombies.
    _started[:] = [process for process in (*_started, started) if process.poll() is None]


def wake() -> None:
    """Start a worker if runs wait and none is active, as after a restart of the machine."""
    if waiting() and active() is None:
        start_worker()
