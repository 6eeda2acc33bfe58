"""The analysis of a video and the drawing of its annotated copy, in a thread of their own."""

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from fer.inference.annotated_video import AnnotatedVideo, annotate_in_memory
from fer.inference.predictor import Predictor
from fer.inference.video_analysis import VideoAnalysis
from fer.inference.video_results import Origin

ANNOTATED_LONG_SIDE_PX = 1280


class VideoJob:
    """Work that goes on while nobody watches, and that stops and resumes on request.

    Attributes:
        origin: What the results come from.
        analysis: The people so far.
        annotated: The video with their boxes, once it is drawn.
        failure: What ended the work, if not its end or `stop`.
    """

    def __init__(
        self, source: bytes | Path, predictor: Predictor, *, name: str, every: int = 1
    ) -> None:
        """Open a video; nothing is done before `start`.

        Raises:
            VideoError: If it cannot be opened.
            DetectorError: If the predictor has no detector.
        """
        self.origin = Origin.of(name, predictor, every=every)
        self.analysis = VideoAnalysis(source, predictor, every=every)
        self.annotated: AnnotatedVideo | None = None
        self.failure: Exception | None = None
        self._source = source
        self._stopping = threading.Event()
        self._thread: Thread | None = None
        self._drawing: tuple[int, int, float] | None = None

    @property
    def is_working(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_drawing(self) -> bool:
        """Whether the annotated copy is being drawn."""
        return self.is_working and self._drawing is not None

    @property
    def drawn_share(self) -> float:
        """How much of the annotated copy is drawn, 0–1."""
        done, planned, _ = self._drawing or (0, 0, 0.0)
        return min(done / planned, 1.0) if planned else 0.0

    @property
    def drawing_left_s(self) -> float | None:
        """About how long the rest of the drawing takes."""
        if self._drawing is None or not self.drawn_share:
            return None
        spent_s = time.monotonic() - self._drawing[2]
        return spent_s / self.drawn_share * (1 - self.drawn_share)

    def start(self) -> None:
        """Analyse from where it was stopped, then draw the annotated copy."""
        self._begin(self._analyse_and_draw)

    def draw(self) -> None:
        """Draw the annotated copy of what is analysed so far."""
        self._begin(self._draw)

    def stop(self) -> None:
        """Ask the thread to end after the current frame; what is done stays."""
        self._stopping.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until the thread ends."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _begin(self, work: Callable[[], None]) -> None:
        self.stop()
        self.wait()
        self._stopping.clear()
        self._drawing, self.failure = None, None
        self._thread = Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the page shows it, or raises it again
            self.failure = error

    def _analyse_and_draw(self) -> None:
        while not self._stopping.is_set() and not self.analysis.is_done:
            self.analysis.advance(0)
        if not self._stopping.is_set():
            self._draw()

    def _draw(self) -> None:
        if not self.analysis.timeline.rows():
            return  # nobody to draw a box around
        started = time.monotonic()
        self._drawing = (0, 0, started)
        last_s = self.analysis.at_s
        video = self.analysis.video
        share = last_s / video.duration_s if video.duration_s else 1.0

        def progress(done: int, planned: int) -> None:
            self._drawing = (done, max(done, round(planned * share)), started)

        self.annotated = annotate_in_memory(
            self._source, self.analysis.log, long_side_px=ANNOTATED_LONG_SIDE_PX,
            until_s=math.inf if self.analysis.is_done else last_s,
            progress=progress, stop=self._stopping,
        ) or self.annotated  # fmt: skip
