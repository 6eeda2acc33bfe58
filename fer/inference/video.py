"""Videos, frame by frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer

from fer.errors import VideoError
from fer.files import is_text
from fer.inference.video_source import MAX_PIXELS, PHOTOS, open_file, reason_of

_MISSING_S = 1.0
"""A video that ends this long before its stated duration counts as truncated."""

_CLOCK_JUMP_S = 0.5
"""A clock that goes back by more has restarted; by less, the timestamps are inaccurate."""

_HEAD_BYTES = 4096


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoFrame:
    """One frame.

    Attributes:
        number: From 0, counting every frame of the video.
        at_s: Its time from the start; never less than the one before.
        pixels: Upright RGB, shape (height, width, 3), uint8.
    """

    number: int
    at_s: float
    pixels: np.ndarray


class VideoFile:
    """A video that is read from front to back, one frame in memory at a time.

    Attributes:
        fps: Frames per second, on average; 25 where the video does not state it.
        duration_s: The duration that the video states; None if it does not.
        frames_planned: About how many frames there are, if it states that or its duration.
        start_s: The time of the first frame, as the file's clock counts, once that is read.
        problem: Where and why frames are missing or damaged; None if none are.
    """

    def __init__(self, source: Path | bytes | InputContainer, *, name: str = "") -> None:
        """Open a video from its path or its bytes, or take one that is open, with its name.

        Raises:
            VideoError: If it is missing, or not a video.
        """
        if isinstance(source, InputContainer):
            self._name, self._container = f"'{name}'", source
        else:
            self._name = "The file" if isinstance(source, bytes) else f"'{source}'"
            self._container = _opened(source, self._name)
        try:
            self._stream = _video_stream(self._container, self._name)
        except VideoError:
            self.close()
            raise
        # Read once: a closed container has none of it.
        self.fps = float(self._stream.average_rate or 25)
        self.duration_s = self._stated_duration_s()
        self.frames_planned = self._stream.frames or (
            round(self.duration_s * self.fps) if self.duration_s else None
        )
        self.start_s = 0.0
        self.problem: str | None = None

    def __enter__(self) -> "VideoFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _stated_duration_s(self) -> float | None:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return self._container.duration / av.time_base if self._container.duration else None

    def frames(
        self, *, start: int = 0, every: int = 1, until_s: float | None = None
    ) -> Iterator[VideoFrame]:
        """Every Nth frame from number `start` on, up to a time; sets `problem` if any are damaged.

        Frames that are missing at the end are a problem, too.
        """
        last_s = start_s = 0.0
        number = -1
        for number, frame in enumerate(self._decoded()):
            at_s = number / self.fps if frame.time is None else float(frame.time)
            if number == 0:
                self.start_s = start_s = at_s
            elif at_s - start_s < last_s - _CLOCK_JUMP_S:  # videos joined end to end
                start_s = at_s - last_s - 1 / self.fps
            last_s = max(last_s, at_s - start_s)
            if until_s is not None and last_s > until_s:
                return
            if frame.is_corrupt:
                self._note(f"the frame at {last_s:.1f} s is damaged")
            if number < start or (number - start) % every:
                continue
            yield VideoFrame(number=number, at_s=last_s, pixels=upright(frame))
        if number < 0:
            raise VideoError(
                f"{self._name} has no readable frame ({self.problem or 'it is empty'}). "
                "Copy it again, or convert it to MP4."
            )
        self.check_end(last_s)

    def check_end(self, last_s: float) -> None:
        """Set `problem` where the last frame is long before the end that the video states."""
        if self.duration_s and last_s + 1 / self.fps < self.duration_s - _MISSING_S:
            self._note(f"it ends at {last_s:.1f} s of {self.duration_s:.1f} s")

    def packets(self) -> "Iterator[av.Packet[av.VideoStream]]":
        """What the frames are coded in, as the file has it, without decoding; sets `problem`."""
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:  # the last one only marks the end
                    yield packet
        except av.error.FFmpegError as error:
            self._note(f"the file ends early ({reason_of(error)})")

    def decoded_from(self, pts: int | None) -> Iterator[av.VideoFrame]:
        """Frames as they are coded, from the keyframe at a time on, or from one before it.

        Args:
            pts: The time, as the stream counts; None for the beginning of a video just opened.
        """
        if pts is not None:
            self._container.seek(pts, stream=self._stream)
        return self._decoded()

    def frame_near(self, at_s: float) -> np.ndarray:
        """The frame at a time: RGB, shape (height, width, 3), uint8. Ends any other reading."""
        start_s = (self._container.start_time or 0) / av.time_base
        # Without an index, seeking may lead past the end; the video is then read from its start.
        for seek_s in (start_s + max(at_s, 0), start_s):
            self._container.seek(int(seek_s * av.time_base))
            shown: np.ndarray | None = None
            for frame in self._decoded():
                if shown is None or (frame.time or 0) <= start_s + at_s + 0.5 / self.fps:
                    shown = upright(frame)
                else:
                    break
            if shown is not None:
                return shown
        raise VideoError(f"{self._name} has no frame at {at_s:.1f} s.")

    def _decoded(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                self._note(f"the file ends early ({reason_of(error)})")
                return
            if packet is None:
                return
            try:
                frames = packet.decode()
            except av.error.FFmpegError as error:
                at = ""
                if packet.pts is not None and packet.time_base is not None:
                    at = f" at {float(packet.pts * packet.time_base):.1f} s"
                self._note(f"frames{at} are damaged ({reason_of(error)})")
                continue
            yield from frames

    def _note(self, problem: str) -> None:
        if self.problem is None:
            self.problem = problem


def _opened(source: Path | bytes, name: str) -> InputContainer:
    _check_kind(source, name)
    try:
        return open_file(source)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoError(
            f"{name} cannot be opened as a video ({reason_of(error)}). It may be truncated "
            "before its index, or not be a video. Copy it again, or convert it to MP4."
        ) from None


def _video_stream(container: InputContainer, name: str) -> av.VideoStream:
    if container.format.name in PHOTOS:
        raise VideoError(f"{name} is a photo, not a video. Predict takes photos.")
    if not container.streams.video:
        raise VideoError(f"{name} has sound but no images. Choose another video.")
    stream = container.streams.video[0]
    if stream.width * stream.height > MAX_PIXELS:
        raise VideoError(
            f"{name} has frames of {stream.width} × {stream.height} pixels; at most "
            f"{MAX_PIXELS:,} pixels are read. Convert it to a smaller size."
        )
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # a frame may be larger
    stream.thread_type = "AUTO"
    return stream


def _check_kind(source: Path | bytes, name: str) -> None:
    """Refuse what is clearly not a video, with what it is instead."""
    if isinstance(source, bytes):
        head = source[:_HEAD_BYTES]
    else:
        try:
            if not source.exists():
                raise VideoError(f"There is no file {name}. Check the path.")
            if source.is_dir():
                raise VideoError(f"{name} is a folder. Give the path of one video in it.")
            with source.open("rb") as file:
                head = file.read(_HEAD_BYTES)
        except (OSError, ValueError) as error:
            raise VideoError(
                f"{name} cannot be read ({reason_of(error)}). Check the path and who may read it."
            ) from None
    if not head:
        raise VideoError(f"{name} is empty (0 bytes). Copy or download it again.")
    if is_text(head):
        raise VideoError(f"{name} is a text file, not a video. Choose a video, such as an MP4.")


def upright(frame: av.VideoFrame) -> np.ndarray:
    """RGB pixels, shape (height, width, 3), uint8, turned by the rotation that the video states."""
    pixels: np.ndarray = frame.to_ndarray(format="rgb24")
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
