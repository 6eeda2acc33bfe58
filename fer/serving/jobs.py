"""Many photos that are analysed while nobody waits: their progress, and their answers."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from fer.errors import FerError
from fer.inference.photo_rows import names_of, photo_json
from fer.inference.predictor import Predictor
from fer.serving.engine import Engine, Result
from fer.serving.limits import Limits
from fer.serving.metrics import Metrics
from fer.serving.problems import Problem, problem_of
from fer.serving.uploads import Photo

_log = logging.getLogger(__name__)


class Job:
    """The photos of a job, of which each is dropped as soon as it has its answer."""

    def __init__(self, engine: Engine, predictor: Predictor, photos: Sequence[Photo]) -> None:
        """Queue the photos."""
        self.id = secrets.token_urlsafe(16)
        self.created = datetime.now(UTC)
        self.bytes_held = sum(len(photo.data) for photo in photos)
        self.finished_at = 0.0
        self._names = names_of(predictor)
        self._engine = engine
        self._lock = threading.Lock()
        self._rows: list[dict[str, Any] | None] = [None] * len(photos)
        self._done = 0
        self._futures = engine.submit(predictor, [photo.data for photo in photos], of_job=True)
        for number, (photo, future) in enumerate(zip(photos, self._futures, strict=True)):
            future.add_done_callback(self._noting(number, photo.name, len(photo.data)))

    def _noting(self, number: int, name: str, size: int) -> Callable[[Future[Result]], None]:
        """What is called with the answer of a photo."""

        def note(future: Future[Result]) -> None:
            if future.cancelled():
                return
            with self._lock:
                self._rows[number] = photo_json(name, _result_of(future), **self._names)
                self._done += 1
                self.bytes_held -= size
                if self._done == len(self._rows):
                    self.finished_at = time.monotonic()

        return note

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The answers so far, in the photos' order, as the command line gives them."""
        with self._lock:
            return [row for row in self._rows if row is not None]

    def state(self) -> dict[str, Any]:
        """How far it is; see `shapes.JobState`."""
        rows = self.rows
        began = [one.began_at for one in self._futures if one.began_at is not None]
        is_done = len(rows) == len(self._rows)
        return {
            "id": self.id,
            "status": "done" if is_done else "running" if began else "waiting",
            **self._names,
            "photos": len(self._rows),
            "done": len(rows),
            "failed": sum(bool(row["error"]) for row in rows),
            "progress": len(rows) / len(self._rows),
            "eta_s": self._left_s(len(rows), min(began, default=0)),
            "created": self.created,
        }

    def _left_s(self, done: int, began_at: float) -> float | None:
        """Seconds left, at the pace so far; None where there is no answer yet."""
        left = len(self._rows) - done
        return round((time.monotonic() - began_at) / done * left, 2) if done else None

    def cancel(self) -> None:
        """Drop the photos that have no answer."""
        self._engine.cancel(self._futures)


def _result_of(future: Future[Result]) -> Result | FerError:
    """The answer; a bug must not leave a job waiting for ever."""
    if (error := future.exception()) is None:
        return future.result()
    _log.error("A photo of a job failed.", exc_info=error)
    return FerError(problem_of(FerError()).detail)


class Jobs:
    """All jobs of a server, in memory: few, of bounded size, and only for a time."""

    def __init__(self, engine: Engine, limits: Limits, metrics: Metrics) -> None:
        self._engine, self._limits, self._metrics = engine, limits, metrics
        self._jobs: dict[str, Job] = {}  # the oldest first
        self._lock = threading.Lock()

    def start(self, predictor: Predictor, photos: Sequence[Photo]) -> Job:
        """Begin a job; where there is no room, the oldest finished one makes some.

        Raises:
            Problem: If the jobs that are not finished leave no room.
        """
        with self._lock:
            self._drop_old()
            held = sum(job.bytes_held for job in self._jobs.values())
            finished = next((job for job in self._jobs.values() if job.finished_at), None)
            is_full = len(self._jobs) >= self._limits.jobs
            if is_full and finished is not None:
                del self._jobs[finished.id]
            size = sum(len(photo.data) for photo in photos)
            if (is_full and finished is None) or held + size > self._limits.job_bytes:
                raise Problem(
                    "too-many-jobs",
                    f"At most {self._limits.jobs} jobs of {self._limits.job_mb} MB together are "
                    "kept. Send it again when others are done.",
                )
            job = Job(self._engine, predictor, photos)
            self._jobs[job.id] = job
            self._count()
        return job

    def find(self, id: str) -> Job:
        """A job by its id.

        Raises:
            Problem: If there is none, any more.
        """
        with self._lock:
            self._drop_old()
            if id not in self._jobs:
                minutes = self._limits.job_minutes
                raise Problem(
                    "unknown-job", f"Finished jobs are kept for {minutes} minutes, and in memory."
                )
            return self._jobs[id]

    def remove(self, id: str) -> None:
        """Stop a job and forget it.

        Raises:
            Problem: If there is none, any more.
        """
        job = self.find(id)
        with self._lock:
            self._jobs.pop(id, None)
            self._count()
        job.cancel()

    def _drop_old(self) -> None:
        before = time.monotonic() - 60 * self._limits.job_minutes
        for id, job in list(self._jobs.items()):
            if job.finished_at and job.finished_at < before:
                del self._jobs[id]
        self._count()

    def _count(self) -> None:
        self._metrics.jobs.set(len(self._jobs))
