"""Frame after frame → people and their emotions, from a camera or a video."""

import math

import numpy as np

from fer.faces.quality import measure
from fer.inference.answer import FaceAnswer, by_label
from fer.inference.predictor import Predictor
from fer.inference.tracking import Track, Tracker

DETECT_WITHIN_S = 0.15
"""In a longer time a face may move by more than its size, which optical flow cannot follow."""


DETECT_EVERY = 4
"""Frames from one detection to the next."""


class FaceStream:
    """Follows faces through frames; of the frames themselves it keeps only one, small and grey.

    The detector runs on every few frames, more often where they are far apart; in between, the
    boxes follow the optical flow.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        every: int = 1,
        detect_every: int = DETECT_EVERY,
        tracker: Tracker | None = None,
    ) -> None:
        """Start a stream.

        Args:
            predictor: The model with a detector.
            every: Only every Nth frame is given.
            detect_every: Frames from one detection to the next, including those not given.
            tracker: Knows the people seen earlier; None if there are none.

        Raises:
            DetectorError: If the predictor has no detector.
        """
        self._predictor = predictor
        self._detector = predictor.detector
        self._detect_every = max(detect_every // every, 1)
        self._tracker = tracker or Tracker()
        self._frames = 0
        self._detected_at_s = -math.inf

    def step(self, frame: np.ndarray, at_s: float) -> tuple[FaceAnswer, ...]:
        """The people in the next frame, by number.

        Args:
            frame: RGB, shape (h, w, 3), uint8.
            at_s: Its time in seconds; never less than before.
        """
        self._tracker.follow(frame)
        due = self._frames % self._detect_every == 0
        late = at_s - self._detected_at_s > DETECT_WITHIN_S
        if due or late or not self._tracker.visible:
            self._detected_at_s = at_s
            self._tracker.match(self._detector.detect(frame), at_s)
        self._frames += 1
        tracks = self._tracker.visible
        inputs = self._predictor.frame(frame, [track.face for track in tracks])
        rows = self._predictor.classify(inputs)
        return tuple(
            self._answer(frame, at_s, track, row) for track, row in zip(tracks, rows, strict=True)
        )

    def _answer(self, frame: np.ndarray, at_s: float, track: Track, row: np.ndarray) -> FaceAnswer:
        unreliable_because = measure(frame, track.face).unreliable_because
        # An answer that means nothing must not enter the mean of those that do.
        values = row if unreliable_because else track.smooth(row, at_s)
        return FaceAnswer(
            number=track.number,
            box=track.face.box,
            score=track.face.score,
            probabilities=by_label(self._predictor.card.labels, values),
            unreliable_because=unreliable_because,
        )
