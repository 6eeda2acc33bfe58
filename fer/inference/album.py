"""Photos that are analysed in the background: the work can be paused, and results are kept."""

import logging
import os
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Generic, TypeVar

import numpy as np

from fer.errors import FerError, ImageError, ImageTooLargeError
from fer.inference.parallel import map_ordered

MAX_PHOTOS = 1000
MAX_BYTES = 200_000_000
RESULT_BYTES = 250_000
"""About what a result takes, most of it a picture at screen size."""
UNSEEN_FOR_S = 300.0
"""Work stops when nobody has asked for results for so long, and resumes when somebody does."""
BEGUN_WITHIN_S = 0.02
"""How long whoever adds photos waits for the work to begin. Python would otherwise let them run on
for 5 ms each time that a thread of it wants to."""

_AT_A_TIME = threading.BoundedSemaphore(os.cpu_count() or 1)
"""Photos that all albums of the process work on at a time."""

_WAITS = "wait"
"""The step of a photo before its first one."""

_log = logging.getLogger(__name__)

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo of an album.

    Attributes:
        name: Of the file, or what the page calls it.
        key: Unique within the album.
        read: Returns the file's bytes, or pixels.
        size_bytes: Of the file, as the album holds it.
        is_face: Whether it is known to be cropped to one face.
    """

    name: str
    key: str
    read: Callable[[], bytes | np.ndarray]
    size_bytes: int = 0
    is_face: bool = False


Analyse = Callable[[Photo, Callable[[str], None]], R]
"""Analyses a photo; calls its second argument with the name of each step as it begins."""


class Album(Generic[R]):
    """Photos and their results, made on all cores; safe to share between threads.

    A photo that cannot be used has its error as its result, so that the others are analysed, too.
    At most 1,000 photos and 200 MB are held.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._photos: dict[str, Photo] = {}
        self._skipped: dict[str, str] = {}
        self._results: dict[str, R | FerError] = {}
        self._steps: dict[str, str] = {}
        self._analyse: Analyse[R] | None = None
        self._settings: Hashable = None
        self._is_paused = self._is_working = False
        self._version = self._done = 0
        self._started = 0.0
        self._seen = time.monotonic()

    def __len__(self) -> int:
        return len(self._photos)

    def add(self, photos: Iterable[Photo]) -> None:
        """Add photos; those whose keys are here already are not added again.

        Raises:
            ImageTooLargeError: If the album would hold too many or too large ones; none is added.
        """
        with self._changed:
            added = {photo.key: photo for photo in photos}
            together = self._photos | added
            size = sum(photo.size_bytes for photo in together.values())
            if len(together) > MAX_PHOTOS or size > MAX_BYTES:
                raise ImageTooLargeError(
                    f"That makes {len(together):,} photos of {size / 1e6:,.0f} MB; at most "
                    f"{MAX_PHOTOS:,} of {MAX_BYTES / 1e6:.0f} MB are kept. Remove some, or add "
                    "fewer at a time."
                )
            self._photos = together
            self._go()
            self._changed.wait_for(lambda: self._has_begun(added), BEGUN_WITHIN_S)

    def skip(self, reasons: Iterable[tuple[str, str]]) -> None:
        """Note the files that came with the photos and are none: the name and reason of each.

        Those that came earlier stay noted while there are photos.
        """
        with self._changed:
            noted = dict(self._skipped) if self._photos else {}
            for name, reason in reasons:
                again = (f"{name} ({number})" for number in count(2))
                unused = next(one for one in chain([name], again) if one not in noted)
                noted[unused] = reason
            self._skipped = noted
            self._note()

    def remove(self, key: str) -> None:
        """Remove a photo and its result."""
        with self._changed:
            self._photos.pop(key, None)
            self._results.pop(key, None)
            self._note()

    def clear(self) -> None:
        """Remove all photos, and forget what was skipped."""
        with self._changed:
            self._photos, self._results, self._is_paused = {}, {}, False
            self._skipped = {}
            self._note()

    def analyse_with(self, settings: Hashable, analyse: Analyse[R]) -> None:
        """Analyse all photos so; results that were made with other settings are dropped."""
        with self._changed:
            if settings != self._settings:
                self._results = {}
            self._settings, self._analyse = settings, analyse
            self._seen = time.monotonic()
            self._go()

    def pause(self) -> None:
        """Begin no more photos."""
        with self._changed:
            self._is_paused = True
            self._note()

    def resume(self) -> None:
        """Continue with the photos that are not done."""
        with self._changed:
            self._is_paused = False
            self._go()

    def close(self) -> None:
        """End the work and drop everything."""
        self.clear()

    @property
    def bytes_held(self) -> int:
        """About how much memory the photos and their results take."""
        with self._changed:
            files = sum(photo.size_bytes for photo in self._photos.values())
            return files + len(self._results) * RESULT_BYTES

    @property
    def photos(self) -> Sequence[Photo]:
        """All photos, in the order in which they came."""
        return tuple(self._photos.values())

    @property
    def skipped(self) -> Mapping[str, str]:
        """The files that came with the photos and are none: reason by name.

        A name that came before is numbered.
        """
        return self._skipped

    @property
    def results(self) -> Mapping[str, R | FerError]:
        """The results so far, by the photos' keys."""
        with self._changed:
            self._seen = time.monotonic()
            return {key: self._results[key] for key in self._photos if key in self._results}

    @property
    def pending(self) -> Sequence[str]:
        """The keys of the photos that have no result yet."""
        with self._changed:
            return self._pending()

    @property
    def is_paused(self) -> bool:
        """Whether the work waits for `resume`."""
        return self._is_paused and bool(self.pending)

    @property
    def is_working(self) -> bool:
        """Whether results are on their way."""
        return not self._is_paused and bool(self.pending)

    @property
    def left_s(self) -> float:
        """Seconds until all photos are done; 0 while that is unknown."""
        elapsed = time.monotonic() - self._started
        return elapsed / self._done * len(self.pending) if self._done else 0.0

    def step(self, key: str) -> str:
        """The step that a photo is at; "" before and after the work on it."""
        return self._steps.get(key, "")

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait for something to change: another version than this one, which is returned."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, timeout_s)
            return self._version

    def _pending(self) -> Sequence[str]:
        return [key for key in self._photos if key not in self._results]

    def _note(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _go(self) -> None:
        """Start a thread if there is work and none does it; called with the lock held."""
        self._note()
        if self._is_working or self._next() is None:
            return
        self._is_working, self._started, self._done = True, time.monotonic(), 0
        threading.Thread(target=self._work, name="album", daemon=True).start()

    def _next(self) -> str | None:
        is_seen = time.monotonic() - self._seen < UNSEEN_FOR_S
        if self._is_paused or self._analyse is None or not is_seen:
            return None
        return next((key for key in self._pending() if key not in self._steps), None)

    def _has_begun(self, keys: Iterable[str]) -> bool:
        """Whether one of these photos is worked on or done, or none will be before a pause ends."""
        if not self._is_working or self._is_paused:
            return True
        return any(key in self._results or self._steps.get(key, _WAITS) != _WAITS for key in keys)

    def _work(self) -> None:
        for _ in map_ordered(self._analyse_one, self._todo()):
            pass

    def _todo(self) -> Iterator[Photo]:
        while True:
            with self._changed:
                key = self._next()
                if key is None:
                    self._is_working = False
                    return
                self._steps[key] = _WAITS
                photo = self._photos[key]
            yield photo

    def _analyse_one(self, photo: Photo) -> None:
        with self._changed:
            settings, analyse = self._settings, self._analyse

        def at(step: str) -> None:
            with self._changed:
                self._steps[photo.key] = step
                self._note()

        try:
            assert analyse is not None
            with _AT_A_TIME:
                result: R | FerError = analyse(photo, at)
        except FerError as error:
            result = error
        except Exception:  # noqa: BLE001 - a bug must not leave the photo waiting for ever
            _log.exception("The analysis of a photo failed.")
            result = ImageError("The analysis failed. The reason is in the log of the app.")
        with self._changed:
            del self._steps[photo.key]
            if settings == self._settings and photo.key in self._photos:
                self._results[photo.key] = result
                self._done += 1
            self._go()  # the settings may have changed meanwhile
