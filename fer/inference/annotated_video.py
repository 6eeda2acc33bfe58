"""A video and its people on each frame → the same video with the faces boxed."""

import io
import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import av
import av.error
import cv2
import numpy as np

from fer.errors import VideoError
from fer.files import exists, is_folder, is_forbidden, is_full, replace_path, way_out
from fer.inference.answer import FaceAnswer
from fer.inference.drawing import draw_faces
from fer.inference.frame_log import FrameFaces
from fer.inference.sound import sound_of
from fer.inference.video import VideoFile, VideoFrame
from fer.inference.video_csv import frames_of
from fer.progress import Progress

MAX_BYTES = 100_000_000
"""How large an annotated video may become in memory."""

_TIME_BASE = Fraction(1, 90_000)


class AnnotatedVideo(NamedTuple):
    """An MP4 file, and how far into the video it reaches."""

    data: bytes
    until_s: float


def check_target(out: Path, *, source: Path, results: Path) -> None:
    """Refuse an impossible place for the annotated video before any work is done.

    Raises:
        VideoError: If it is the video or its results, or cannot be a file.
    """
    for file, what in ((source, "the video itself"), (results, "the file of its results")):
        both_exist = exists(out) and exists(file)
        if out.samefile(file) if both_exist else out.resolve() == file.resolve():
            raise VideoError(f"'{out}' is {what}. Choose another name for the annotated video.")
    if is_folder(out) or not is_folder(out.parent):
        reason = "it is a folder" if is_folder(out) else f"there is no folder '{out.parent}'"
        raise VideoError(f"'{out}' cannot be written: {reason}. Choose a name that ends in .mp4.")


def annotate(
    source: Path,
    results: Path,
    out: Path,
    *,
    until_s: float | None = None,
    progress: Progress | None = None,
) -> None:
    """Write the video again with the faces boxed, as H.264 in MP4, with its sound as AAC.

    Args:
        source: The video.
        results: Its rows, as `analyse_to_csv` writes them; a frame without rows keeps the faces of
            the frame before.
        out: The video to write, moved into place once it is whole.
        until_s: Where it ends.
        progress: Called with frames done and frames planned, the latter 0 if unknown.

    Raises:
        VideoError: If a video cannot be read or written, or `out` is the video or its results.
    """
    check_target(out, source=source, results=results)
    try:
        with (
            VideoFile(source) as video,
            replace_path(out) as made,
            av.open(str(made), "w", format="mp4") as container,
        ):
            frames = video.frames(until_s=until_s)
            first = next(frames)
            writer = _Writer(container, frames_of(results), first, source=source, video=video)
            for frame in chain([first], frames):
                writer.write(frame)
                if progress:
                    progress(frame.number + 1, video.frames_planned or 0)
            writer.finish()
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        advice = "Choose a name that ends in .mp4"
        if isinstance(error, OSError) and (is_full(error) or is_forbidden(error)):
            advice = way_out(error)
        raise VideoError(f"'{out}' cannot be written ({reason}). {advice}.") from None


def annotate_in_memory(
    source: bytes | Path,
    frames: Iterable[FrameFaces],
    *,
    until_s: float = math.inf,
    long_side_px: int,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> AnnotatedVideo | None:
    """The video with the faces boxed, as `annotate` writes it, of 100 MB at most.

    Args:
        source: The video, as bytes or a path.
        frames: Its people; a frame in between keeps those of the frame before.
        until_s: Where it ends.
        long_side_px: A larger video is reduced to this.
        progress: As for `annotate`.
        should_stop: Asked before each frame; once true, nothing is returned.

    Raises:
        VideoError: If the video cannot be read or encoded.
    """
    memory = io.BytesIO()
    try:
        with VideoFile(source) as video, av.open(memory, "w", format="mp4") as container:
            read = video.frames()
            first = last = next(read)
            writer = _Writer(
                container, frames, first, source=source, video=video, long_side_px=long_side_px
            )
            for frame in chain([first], read):
                if should_stop():
                    return None
                if frame.at_s > until_s or memory.tell() > MAX_BYTES:
                    break
                writer.write(frame)
                last = frame
                if progress:
                    progress(frame.number + 1, video.frames_planned or 0)
            writer.finish()
    except av.error.FFmpegError as error:
        raise VideoError(f"The annotated video cannot be encoded ({error.strerror}).") from None
    return AnnotatedVideo(memory.getvalue(), last.at_s)


class _Writer:
    """Writes frames with the faces boxed into an MP4 file, beginning with the size of the first."""

    def __init__(
        self,
        container: Any,
        people: Iterable[FrameFaces],
        first: VideoFrame,
        *,
        source: Path | bytes,
        video: VideoFile,
        long_side_px: float = math.inf,
    ) -> None:
        self._container = container
        self._people = iter(people)
        self._upcoming = next(self._people, None)
        self._faces: tuple[FaceAnswer, ...] = ()
        self._fps = video.fps
        self._long_side_px = long_side_px
        self._pts, self._end_s = -1, 0.0
        pixels, _ = self._reduced(first)
        # H.264 with halved colour takes even sides only.
        self._height, self._width = (side // 2 * 2 for side in pixels.shape[:2])
        rate = Fraction(video.fps).limit_denominator(1001)
        # A key frame every two seconds, so that a player can jump.
        options = {"preset": "veryfast", "g": str(max(1, round(2 * video.fps)))}
        self._stream = container.add_stream("libx264", rate=rate, options=options)
        self._stream.width, self._stream.height = self._width, self._height
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = _TIME_BASE
        # Both streams are there before anything is written.
        self._sound = sound_of(source, container, start_s=video.start_s)

    def write(self, frame: VideoFrame) -> None:
        while self._upcoming and self._upcoming.number <= frame.number:
            self._faces = self._upcoming.faces
            self._upcoming = next(self._people, None)
        pixels, scale = self._reduced(frame)
        drawn = draw_faces(pixels, self._faces, scale=scale)[: self._height, : self._width]
        shown = av.VideoFrame.from_ndarray(drawn, format="rgb24")
        # MP4 needs strictly increasing timestamps.
        self._pts = max(self._pts + 1, round(frame.at_s / _TIME_BASE))
        shown.pts, shown.time_base = self._pts, _TIME_BASE
        self._container.mux(self._stream.encode(shown))
        if self._sound:
            self._sound.write(frame.at_s)
        self._end_s = frame.at_s + 1 / self._fps

    def finish(self) -> None:
        self._container.mux(self._stream.encode())
        if self._sound:
            self._sound.finish(self._end_s)

    def _reduced(self, frame: VideoFrame) -> tuple[np.ndarray, float]:
        """The pixels of a frame at the size to write, and their scale."""
        height, width = frame.pixels.shape[:2]
        scale = min(self._long_side_px / max(height, width), 1.0)
        if scale == 1:
            return frame.pixels, scale
        size = (max(2, round(width * scale)), max(2, round(height * scale)))
        return cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA), scale
