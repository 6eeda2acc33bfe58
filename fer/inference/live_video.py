"""A camera or a stream: frames that come whether or not anybody is ready for them."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import av
import av.error
import cv2
import numpy as np
from av.container import InputContainer

from fer.errors import VideoError
from fer.inference.video import VideoFrame, upright
from fer.inference.video_source import TIMEOUT_S, Camera, reason_of

_LOOK_EVERY_S = 0.2
_AHEAD_S = 1.0
"""A stream that comes faster than it plays is read no further ahead."""
_NEW_CLOCK_S = 10.0
"""A clock that jumps so far was set anew."""

_WITHOUT_CLOCK = ("mjpeg", "mpjpeg")
_ENDED = "the stream ended"

Pixels = Callable[[], np.ndarray]
"""Turns a frame into RGB, shape (height, width, 3), uint8, which only some frames need."""


class _Arrival(NamedTuple):
    """A frame, and when it came."""

    number: int
    at_s: float
    pixels: Pixels


class LiveVideo:
    """Reads frames in a thread as they come, and hands out the newest one.

    Attributes:
        fps: As the source states it; 25 if it does not.
        frames_planned: None: nobody knows.
        received: Frames that came so far.
        has_ended: Whether the last frame was handed out because no more come.
        problem: Why the source broke off; None if it did not.
    """

    frames_planned: int | None = None
    has_ended = False

    def __init__(
        self, arriving: Iterator[Pixels], *, name: str, fps: float, stop: threading.Event | None
    ) -> None:
        """Begin to read; see `of_camera` and `of_stream`."""
        self._name = name
        self._stop = stop or threading.Event()
        self._changed = threading.Condition()
        self._is_closed = threading.Event()
        self._latest: _Arrival | None = None
        self._ended = ""
        self.fps, self.received = fps, 0
        self.problem: str | None = None
        self._thread = threading.Thread(target=self._read, args=(arriving,), daemon=True)
        self._thread.start()

    @classmethod
    def of_camera(cls, camera: Camera, *, stop: threading.Event | None = None) -> "LiveVideo":
        """A camera of this machine; once `stop` is set, no more frames are handed out.

        Raises:
            VideoError: If it cannot be opened.
        """
        # Our sentence explains it better than OpenCV's warnings.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        capture = cv2.VideoCapture(camera.number)
        if not capture.isOpened():
            raise VideoError(
                f"There is no camera {camera.number}, or another program uses it. Connect one, "
                "close the other program, or try another number, such as camera:1."
            )
        fps = float(capture.get(cv2.CAP_PROP_FPS)) or 25.0
        return cls(_from_camera(capture), name=camera.name, fps=fps, stop=stop)

    @classmethod
    def of_stream(
        cls, container: InputContainer, *, name: str, stop: threading.Event | None = None
    ) -> "LiveVideo":
        """A stream that was opened; it is closed with this.

        Raises:
            VideoError: If it has no images.
        """
        if not container.streams.video:
            container.close()
            raise VideoError(f"'{name}' has no images. Choose another stream.")
        fps = float(container.streams.video[0].average_rate or 25)
        return cls(_from_stream(container), name=name, fps=fps, stop=stop)

    def __enter__(self) -> "LiveVideo":
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed.set()
        self._thread.join(timeout=_LOOK_EVERY_S)  # it may wait for the source

    def frames(
        self, *, start: int = 0, every: int = 1, until_s: float | None = None
    ) -> Iterator[VideoFrame]:
        """The newest frame each time, at least `every` frames after the one before.

        Args:
            start: The number of the first frame to hand out.
            every: 2 leaves out at least every other frame.
            until_s: When to end, in seconds after the first frame.

        Raises:
            VideoError: If no frame comes at all.
        """
        due, began_s = start, time.monotonic()
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(partial(self._is_news, due), _LOOK_EVERY_S)
                frame, ended = self._latest, self._ended
            is_late = until_s is not None and time.monotonic() - began_s > until_s
            if frame is not None and until_s is not None and (is_late or frame.at_s > until_s):
                return
            if frame is not None and frame.number >= due:
                yield VideoFrame(number=frame.number, at_s=frame.at_s, pixels=frame.pixels())
                due = frame.number + every
            elif frame is None and ended:
                raise VideoError(
                    f"'{self._name}' sends no frame that can be read: {ended}. Check that it is "
                    "on, and that it is video."
                )
            elif ended:
                self.has_ended = True
                return

    def _is_news(self, due: int) -> bool:
        return bool(self._ended) or (self._latest is not None and self._latest.number >= due)

    def _read(self, arriving: Iterator[Pixels]) -> None:
        began_s, ended, problem = 0.0, _ENDED, None
        try:
            for pixels in arriving:
                now_s = time.monotonic()
                began_s = began_s or now_s
                with self._changed:
                    self._latest = _Arrival(self.received, now_s - began_s, pixels)
                    self.received += 1
                    self._changed.notify_all()
                if self._is_closed.is_set():
                    return
        except VideoError as error:
            sentence = str(error).rstrip(".")
            ended = problem = sentence[:1].lower() + sentence[1:]
        finally:
            with self._changed:
                self._ended, self.problem = ended, problem
                self._changed.notify_all()


def _from_camera(capture: cv2.VideoCapture) -> Iterator[Pixels]:
    try:
        while True:
            is_there, frame = capture.read()
            if not is_there:
                raise VideoError("The camera was disconnected.")
            yield partial(cv2.cvtColor, frame, cv2.COLOR_BGR2RGB)
    finally:
        capture.release()


def _from_stream(container: InputContainer) -> Iterator[Pixels]:
    has_clock = container.format.name not in _WITHOUT_CLOCK
    packets = container.demux(container.streams.video[0])
    origin: tuple[float, float] | None = None  # a time of the stream, and when that was
    try:
        while (packet := _next_packet(packets)) is not None:
            for frame in _decoded(packet):
                if has_clock and frame.time is not None:
                    origin = _keep_pace(frame.time, origin)
                yield partial(upright, frame)
    finally:
        container.close()


def _keep_pace(frame_s: float, origin: tuple[float, float] | None) -> tuple[float, float]:
    """Wait where a stream comes faster than it plays, as a recording does."""
    now_s = time.monotonic()
    if origin is None:
        return frame_s, now_s
    ahead_s = (frame_s - origin[0]) - (now_s - origin[1])
    if abs(ahead_s) > _NEW_CLOCK_S:
        return frame_s, now_s
    if ahead_s > _AHEAD_S:
        time.sleep(ahead_s - _AHEAD_S)
    return origin


def _next_packet(packets: "Iterator[av.Packet[Any]]") -> "av.Packet[Any] | None":
    """The next packet; None at the end, which many servers mark by closing the connection."""
    try:
        return next(packets, None)
    except (av.error.ExitError, av.error.TimeoutError):
        raise VideoError(f"It sent nothing for {TIMEOUT_S:.0f} seconds.") from None
    except (av.error.EOFError, av.error.OSError):
        return None
    except av.error.FFmpegError as error:
        raise VideoError(f"It broke off ({reason_of(error)}).") from None


def _decoded(packet: "av.Packet[Any]") -> list[av.VideoFrame]:
    try:
        return [frame for frame in packet.decode() if isinstance(frame, av.VideoFrame)]
    except av.error.FFmpegError:  # damaged: the next ones count
        return []
