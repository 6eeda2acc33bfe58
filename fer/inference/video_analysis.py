"""A video → who showed what when, frame by frame, so that it can be stopped."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fer.errors import VideoError
from fer.inference.answer import FaceAnswer
from fer.inference.frame_log import MAX_ROWS, FrameFaces, FrameLog
from fer.inference.predictor import Predictor
from fer.inference.stream import FaceStream
from fer.inference.timeline import Timeline
from fer.inference.video import VideoFile, VideoFrame


class VideoAnalysis:
    """Follows the people through a video; each `advance` resumes where the last one stopped.

    One thread at a time may advance it; any other may read it.

    Attributes:
        video: The video, with its duration.
        timeline: Who showed what so far.
        log: The people on each analysed frame so far.
        latest: The pixels of the last of these frames, and its people; None before the first.
        at_s: How far into the video that is.
        is_done: Whether the end was reached.
    """

    def __init__(self, source: bytes | Path, predictor: Predictor, *, every: int = 1) -> None:
        """Open a video.

        Args:
            source: Its bytes or its path.
            predictor: The model with a detector.
            every: Analyse every Nth frame.

        Raises:
            VideoError: If it cannot be opened.
        """
        self.timeline = Timeline(predictor.card.labels)
        self.log = FrameLog(predictor.card.labels)
        self.latest: tuple[np.ndarray, tuple[FaceAnswer, ...]] | None = None
        self.at_s = 0.0
        self.is_done = False
        self._source = source
        self.video = VideoFile(source)
        self._frames: Iterator[VideoFrame] = self.video.frames(every=every)
        self._stream = FaceStream(predictor, every=every)
        self._shown: tuple[int, np.ndarray | None] = (-1, None)
        self._failure: VideoError | None = None

    def advance(self) -> None:
        """Analyse the next frame, unless the end is reached.

        Raises:
            VideoError: If the video has no readable frame, each time.
        """
        if self._failure:
            raise self._failure
        try:
            frame = None if self.is_done or self.log.is_full else next(self._frames, None)
        except VideoError as error:
            self._failure = error
            raise
        if frame is None:
            self.is_done = True
            self.close()
            return
        faces = self._stream.step(frame.pixels, frame.at_s)
        self.timeline.add(frame.at_s, faces)
        self.log.append(FrameFaces(frame.number, frame.at_s, faces))
        self.latest, self.at_s = (frame.pixels, faces), frame.at_s

    def close(self) -> None:
        """Close the file; `frame_at` opens it again. Only by the thread that advances it."""
        self._frames = iter(())
        self.video.close()

    @property
    def problem(self) -> str | None:
        """Which part of the video was not analysed, and why; None if all of it was."""
        if self.log.is_full:
            return (
                f"it is analysed up to {self.at_s:.1f} s only, as {MAX_ROWS:,} rows are kept at "
                "most; analyse fewer of its frames to reach the end"
            )
        return self.video.problem

    @property
    def share(self) -> float:
        """How much of it is done, 0–1; 0 while that is unknown."""
        duration_s = self.video.duration_s
        return min(self.at_s / duration_s, 1.0) if duration_s else 0.0

    def frame_at(self, at_s: float) -> np.ndarray:
        """The pixels of the analysed frame that is shown at a moment; see `log.at`.

        Returns:
            RGB, shape (height, width, 3), uint8.

        Raises:
            VideoError: If no frame has been analysed, or the video is gone.
        """
        frame = self.log.at(at_s)
        if frame is None:
            raise VideoError("No frame of the video has been analysed yet.")
        number, pixels = self._shown
        if number != frame.number or pixels is None:
            with VideoFile(self._source) as video:
                pixels = video.frame_near(frame.at_s)
            self._shown = frame.number, pixels
        return pixels
