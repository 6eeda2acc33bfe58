"""Frames of cameras, one stream per visitor, whatever the transport."""

import io
import secrets
import threading
import time
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from PIL import Image

from fer.errors import FerError, StreamError
from fer.images import decode
from fer.inference.predictor import Predictor
from fer.inference.stream import FaceStream
from fer.inference.timeline import Timeline

ROUTE = "/api/live"
"""The server's path that takes frames; a stream's token follows it."""
MAX_FRAME_BYTES = 1_000_000
MAX_FRAME_PX = 1920
MAX_FPS = 60.0
"""Frames beyond this rate, on average over a second, are refused."""
LONGEST_FRAME_S = 2.0
"""In the timeline, a frame lasts until the next one, but no longer than this."""

BUSY = "The previous frame is still being analysed; send one at a time."
_CLOSED = "This stream is closed. Start the camera again."


class LiveStream:
    """One session of a camera; safe to call from any thread. No frame is kept after its answer.

    Attributes:
        owner: Names whoever opened it, who may go without closing it.
    """

    def __init__(self, predictor: Predictor, owner: str = "") -> None:
        self.token = secrets.token_urlsafe(24)
        self.owner = owner
        self.labels = predictor.card.labels
        self.model = predictor.card.name
        self.detector = predictor.detector_name
        self.timeline = Timeline(self.labels, longest_s=LONGEST_FRAME_S)
        self.frames = 0
        self.seconds = 0.0  # from the first frame to the last
        self._stream: FaceStream | None = FaceStream(predictor)
        self._busy = threading.Lock()  # held while a frame is analysed
        self._changing = threading.Lock()  # held for moments, so that nothing is added once closed
        self._started: float | None = None  # when the first frame came
        self._allowed = MAX_FPS
        self._filled = time.monotonic()

    @property
    def is_open(self) -> bool:
        """Whether it takes frames."""
        return self._stream is not None

    def frame(self, jpeg: bytes) -> dict[str, Any]:
        """Analyse the next frame. If the stream is closed meanwhile, the session leaves it out.

        Args:
            jpeg: A JPEG file of at most 1 MB and 1920 px.

        Returns:
            Plain values for JSON: `faces`, as `FaceAnswer.to_json`, `detector` and `server_ms`.

        Raises:
            StreamError: If the stream is closed or busy with another frame, if frames come too
                fast, or if this is not such a JPEG file.
        """
        if not self._busy.acquire(blocking=False):
            raise StreamError(BUSY, "busy")
        try:
            now = time.monotonic()
            stream = self._stream
            if stream is None:
                raise StreamError(_CLOSED, "gone")
            self._admit(now)
            photo = _decoded(jpeg)
            self._started = self._started or now
            at_s = now - self._started
            faces = stream.step(photo, at_s)
            with self._changing:
                if self.is_open:
                    self.timeline.add(at_s, faces)
                    self.frames, self.seconds = self.frames + 1, at_s
            return {
                "faces": [face.to_json() for face in faces],
                "detector": self.detector,
                "server_ms": (time.monotonic() - now) * 1000,
            }
        finally:
            self._busy.release()

    def close(self) -> None:
        """Accept no more frames, and release the state that follows faces; the session stays."""
        with self._changing:
            self._stream = None

    def _admit(self, now: float) -> None:
        """Limit the rate: a token bucket that holds one second's frames."""
        self._allowed = min(self._allowed + (now - self._filled) * MAX_FPS, MAX_FPS)
        self._filled = now
        if self._allowed < 1:
            raise StreamError(f"Over {MAX_FPS:.0f} frames a second; send fewer.", "rate")
        self._allowed -= 1


class LiveStreams:
    """The open streams, by token. Sessions own them: a stream ends when its session drops it."""

    def __init__(self) -> None:
        self._streams: WeakValueDictionary[str, LiveStream] = WeakValueDictionary()
        self._lock = threading.Lock()

    def open(self, predictor: Predictor, *, owner: str = "") -> LiveStream:
        """Open a stream."""
        stream = LiveStream(predictor, owner)
        with self._lock:
            self._streams[stream.token] = stream
        return stream

    def close(self, token: str) -> None:
        """Close a stream, if it is open."""
        with suppress(StreamError):
            self.find(token).close()

    def close_of(self, owner: str) -> None:
        """Close all streams of an owner who has gone."""
        with self._lock:
            streams = list(self._streams.values())
        for stream in streams:
            if stream.owner == owner:
                stream.close()

    def find(self, token: str) -> LiveStream:
        """The open stream with a token.

        Raises:
            StreamError: If there is none.
        """
        with self._lock:
            stream = self._streams.get(token)
        if stream is None or not stream.is_open:
            raise StreamError(_CLOSED, "gone")
        return stream


STREAMS = LiveStreams()
"""The streams of this server."""


def _decoded(jpeg: bytes) -> np.ndarray:
    if len(jpeg) > MAX_FRAME_BYTES:
        raise StreamError(
            f"The frame has over {MAX_FRAME_BYTES:,} bytes; send a smaller one.", "size"
        )
    try:
        # The header alone: a small file can decode to a huge image.
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as header:
            size = header.size
    except Exception:  # noqa: BLE001 - Pillow raises nearly anything on damaged bytes
        raise StreamError("The frame is not a JPEG image.", "image") from None
    if max(size) > MAX_FRAME_PX:
        raise StreamError(
            f"The frame has {size[0]}×{size[1]} pixels; at most {MAX_FRAME_PX} per side.", "size"
        )
    try:
        return decode(jpeg)
    except FerError as error:
        raise StreamError(str(error), "image") from None
