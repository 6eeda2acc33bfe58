"""The analysis of a video and the drawing of its annotated copy, in the background."""

import math
import time
from pathlib import Path

from fer.inference.annotated_video import AnnotatedVideo, annotate_in_memory
from fer.inference.background import Background
from fer.inference.predictor import Predictor
from fer.inference.video_analysis import VideoAnalysis
from fer.inference.video_results import Origin

ANNOTATED_LONG_SIDE_PX = 1280


class VideoJob:
    """Work that can be stopped and resumed.

    Attributes:
        origin: What the results come from.
        analysis: The people so far.
        annotated: The video with their boxes, once it is drawn.
        work: The thread; whoever shows the job watches it.
        is_drawing: Whether the annotated copy is being drawn.
        share: How much of the analysis or the drawing is done, 0–1; 0 while that is unknown.
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
        self.work = Background()
        self.is_drawing = False
        self.share = 0.0
        self._source = source
        self._began = (0.0, 0.0)
        self._drawn_to_s = -1.0

    @property
    def left_s(self) -> float | None:
        """About how long the rest of the analysis or of the drawing takes."""
        began_share, began_s = self._began
        done = self.share - began_share
        return (time.monotonic() - began_s) / done * (1 - self.share) if done > 0 else None

    @property
    def can_draw(self) -> bool:
        """Whether there are people whose boxes are in no annotated copy yet."""
        return bool(self.analysis.timeline.rows()) and self._drawn_to_s < self.analysis.at_s

    @property
    def bytes_held(self) -> int:
        """About how much memory it takes, without the video itself."""
        drawn = len(self.annotated.data) if self.annotated else 0
        return drawn + self.analysis.log.bytes_held

    def start(self) -> None:
        """Analyse from where it was stopped, then draw the annotated copy."""
        self.work.start(self._analyse_and_draw)

    def draw(self) -> None:
        """Draw the annotated copy of what is analysed so far."""
        self.work.start(self._draw)

    def _analyse_and_draw(self) -> None:
        analysis = self.analysis
        self._begin(analysis.share)
        while not self.work.should_stop() and not analysis.is_done:
            analysis.advance()
            self.share = analysis.share
        if not self.work.should_stop():
            self._draw()

    def _draw(self) -> None:
        if not self.can_draw:
            return
        analysis, at_s = self.analysis, self.analysis.at_s
        self._begin(0.0)
        self.is_drawing = True
        duration_s = analysis.video.duration_s
        part = min(at_s / duration_s, 1.0) if duration_s else 1.0

        def progress(done: int, planned: int) -> None:
            self.share = min(done / (planned * part), 1.0) if planned * part else 0.0

        try:
            drawn = annotate_in_memory(
                self._source, analysis.log, long_side_px=ANNOTATED_LONG_SIDE_PX,
                until_s=math.inf if analysis.is_done else at_s,
                progress=progress, should_stop=self.work.should_stop,
            )  # fmt: skip
            if drawn:
                self.annotated, self._drawn_to_s = drawn, at_s
        finally:
            self.is_drawing = False

    def _begin(self, share: float) -> None:
        self.share = share
        self._began = share, time.monotonic()
