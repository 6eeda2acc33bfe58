"""Photos of all requests and jobs through the models, in a few threads.

Requests share the threads: each thread takes several waiting photos at a time, and the network gets
their faces in one batch, as in `Predictor.predict_many`. Photos of jobs wait until there are no
others.
"""

import asyncio
import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from starlette.concurrency import run_in_threadpool

from fer import models, settings
from fer.errors import FerError, ImageError
from fer.faces import detection
from fer.inference.answer import PhotoFaces
from fer.inference.predictor import GROUP, Predictor, files_made
from fer.serving.limits import Limits
from fer.serving.metrics import Metrics
from fer.serving.problems import Problem

Result = PhotoFaces | ImageError

DETECTORS = (*detection.NAMES, "none")
_MAX_WORKERS = 8
"""Each holds a decoded photo in memory."""
_CHECKED_EVERY_S = 1.0
_END_S = 10
"""For a thread to be done with its photos at the end."""
_LOADED = 3
"""Models, each with its detector, that stay loaded."""


class Answering(Future[Result]):
    """A photo's answer, on its way; `began_at` is by `time.monotonic`, None while it waits."""

    began_at: float | None = None

    def set_running_or_notify_cancel(self) -> bool:
        """Begin, unless it was cancelled."""
        self.began_at = time.monotonic()
        return super().set_running_or_notify_cancel()


@dataclass
class _Task:
    """A photo that waits."""

    predictor: Predictor
    photo: bytes
    future: Answering = field(default_factory=Answering)


class Engine:
    """Loaded models, and the threads that use them; nothing is loaded before it is asked for."""

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        self._limits, self._metrics = limits, metrics
        self._loaded: dict[tuple[object, ...], Predictor] = {}  # the one used last is the last
        self._checked: dict[tuple[str | None, str], tuple[float, Predictor]] = {}
        self._loading = threading.Lock()
        self._changed = threading.Condition()
        self._waiting: deque[_Task] = deque()
        self._of_jobs: deque[_Task] = deque()
        self._workers = min(os.cpu_count() or 1, _MAX_WORKERS)
        self._idle = 0
        self._is_closed = False
        self._threads: list[threading.Thread] = []
        metrics.queue.set_function(lambda: len(self._waiting) + len(self._of_jobs))

    async def ready(self, model: str | None, detector: str) -> Predictor:
        """As `predictor`, from a coroutine; replaced files are noticed within a second."""
        checked_at, predictor = self._checked.get((model, detector), (0.0, None))
        if predictor is None or time.monotonic() - checked_at > _CHECKED_EVERY_S:
            if predictor is not None:  # one request looks, and the others do not wait for it
                self._checked[model, detector] = time.monotonic(), predictor
            predictor = await run_in_threadpool(self.predictor, model, detector)
            self._checked[model, detector] = time.monotonic(), predictor
            while len(self._checked) > _LOADED:
                del self._checked[next(iter(self._checked))]
        return predictor

    def predictor(self, model: str | None = None, detector: str = "auto") -> Predictor:
        """A model with a detector; the first call loads it.

        Raises:
            Problem: If there is no such model; a path is none.
            FerError: If it cannot be loaded.
        """
        if model is not None and model not in models.list_models():
            known = models.list_models()
            raise Problem("unknown-model", f"Known: {', '.join(known)}.", models=known)
        name = settings.default_model() if model is None else model
        key = (name, detector, files_made(name))  # another one when a file is replaced
        with self._loading:
            predictor = self._loaded.pop(key, None) or _warm(
                Predictor.load(name, detector=detector)
            )
            self._loaded[key] = predictor
            while len(self._loaded) > _LOADED:
                del self._loaded[next(iter(self._loaded))]
        return predictor

    @property
    def is_loaded(self) -> bool:
        """Whether a model is ready."""
        return bool(self._loaded)

    async def answer(
        self, predictor: Predictor, photos: Sequence[bytes], *, deadline: float
    ) -> list[Result]:
        """The faces of each photo, or why it cannot be used.

        Args:
            predictor: What answers.
            photos: Content of image files.
            deadline: By `time.monotonic`.

        Raises:
            Problem: If that takes longer; what has not begun then is dropped.
        """
        futures = self.submit(predictor, photos)
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return list(await asyncio.gather(*map(asyncio.wrap_future, futures)))
        except TimeoutError:
            raise Problem(
                "took-too-long",
                f"A request may take {self._limits.seconds} seconds. Send fewer or smaller photos, "
                "or a job.",
            ) from None
        finally:
            self.cancel(futures)

    def cancel(self, futures: Sequence[Answering]) -> None:
        """Drop the photos of those that have not begun."""
        cancelled = [future.cancel() for future in futures]
        if any(cancelled):
            with self._changed:
                for queue in (self._waiting, self._of_jobs):
                    kept = [task for task in queue if not task.future.cancelled()]
                    queue.clear()
                    queue.extend(kept)

    def submit(
        self, predictor: Predictor, photos: Sequence[bytes], *, of_job: bool = False
    ) -> list[Answering]:
        """Queue photos; those of a job after all others."""
        tasks = [_Task(predictor, photo) for photo in photos]
        with self._changed:
            if not self._threads:
                atexit.register(self.close)  # native code must not run while Python ends
            (self._of_jobs if of_job else self._waiting).extend(tasks)
            while len(self._threads) < self._workers:
                name = f"predict-{len(self._threads)}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify(len(tasks))
        return [task.future for task in tasks]

    def close(self) -> None:
        """Drop what waits, and end the threads once they are done with their photos."""
        with self._changed:
            self._is_closed = True
            dropped = [*self._waiting, *self._of_jobs]
            self._changed.notify_all()
        self.cancel([task.future for task in dropped])
        for thread in self._threads:
            thread.join(_END_S)
        atexit.unregister(self.close)

    def _work(self) -> None:
        while taken := self._take():
            group = [task for task in taken if task.future.set_running_or_notify_cancel()]
            if group:
                self._metrics.groups.observe(len(group))
                self._answer(group)

    def _take(self) -> list[_Task]:
        """Waiting photos for one model: a fair share of them, so that no thread stands idle.

        None once the engine is closed.
        """
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._waiting or self._of_jobs or self._is_closed)
            if self._is_closed:
                return []
            queue = self._waiting or self._of_jobs
            share = min(-(-len(queue) // self._idle), GROUP)
            self._idle -= 1
            group = [queue.popleft()]
            while queue and len(group) < share and queue[0].predictor is group[0].predictor:
                group.append(queue.popleft())
            return group

    def _answer(self, group: Sequence[_Task]) -> None:
        try:
            results = group[0].predictor.predict_group(
                [task.photo for task in group],
                max_pixels=self._limits.max_pixels,
                max_faces=self._limits.faces,
            )
        except Exception as error:  # noqa: BLE001 - who waits raises it again
            if len(group) > 1:  # the others are not to blame
                for task in group:
                    self._answer([task])
            else:
                group[0].future.set_exception(error)
            return
        for task, result in zip(group, results, strict=True):
            self._count(result)
            task.future.set_result(result)

    def _count(self, result: Result) -> None:
        is_error = isinstance(result, FerError)
        self._metrics.photos.labels("refused" if is_error else "answered").inc()
        if isinstance(result, PhotoFaces):
            self._metrics.faces.inc(len(result.faces))


def _warm(predictor: Predictor) -> Predictor:
    """The same, once its first photo has compiled the detector and the network."""
    grey = np.full((192, 192, 3), 128, np.uint8)
    predictor.predict(grey, whole_if_no_face=True)
    return predictor
