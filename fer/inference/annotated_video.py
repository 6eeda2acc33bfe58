"""A video and its rows → the same video with the faces boxed."""

import csv
from fractions import Fraction
from pathlib import Path

import av
import av.error

from fer.errors import VideoError
from fer.files import replace_path
from fer.inference.answer import FaceAnswer
from fer.inference.drawing import draw_faces
from fer.inference.video import VideoFile
from fer.inference.video_csv import frames_in
from fer.progress import Progress

_TIME_BASE = Fraction(1, 90_000)


def check_target(out: Path, *, source: Path, results: Path) -> None:
    """Refuse an impossible place for the annotated video before any work is done.

    Raises:
        VideoError: If it is the video or its results, or cannot be a file.
    """
    for file, what in ((source, "the video itself"), (results, "the file of its results")):
        both_exist = out.exists() and file.exists()
        if out.samefile(file) if both_exist else out.resolve() == file.resolve():
            raise VideoError(f"'{out}' is {what}. Choose another name for the annotated video.")
    if out.is_dir() or not out.parent.is_dir():
        reason = "it is a folder" if out.is_dir() else f"there is no folder '{out.parent}'"
        raise VideoError(f"'{out}' cannot be written: {reason}. Choose a name that ends in .mp4.")


def annotate(source: Path, results: Path, out: Path, *, progress: Progress | None = None) -> None:
    """Write the video again with the faces boxed, as H.264 in MP4, without sound.

    Args:
        source: The video.
        results: Its rows, as `analyse_to_csv` writes them; a frame without rows keeps the faces of
            the frame before.
        out: The video to write, moved into place once it is whole.
        progress: Called with frames done and frames planned, the latter 0 if unknown.

    Raises:
        VideoError: If a video cannot be read or written, or `out` is the video or its results.
    """
    check_target(out, source=source, results=results)
    try:
        with (
            VideoFile(source) as video,
            results.open(newline="", encoding="utf-8") as file,
            replace_path(out) as made,
            av.open(str(made), "w", format="mp4") as container,
        ):
            rows = frames_in(csv.DictReader(file))
            upcoming = next(rows, None)
            faces: tuple[FaceAnswer, ...] = ()
            stream, pts = None, -1
            for frame in video.frames():
                while upcoming and upcoming[0] <= frame.number:
                    faces = upcoming[2]
                    upcoming = next(rows, None)
                # H.264 with halved colour takes even sides only.
                height, width = (side // 2 * 2 for side in frame.pixels.shape[:2])
                if stream is None:
                    rate = Fraction(video.fps).limit_denominator(1001)
                    stream = container.add_stream("libx264", rate=rate)
                    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                    stream.codec_context.time_base = _TIME_BASE
                drawn = draw_faces(frame.pixels, faces)[:height, :width]
                shown = av.VideoFrame.from_ndarray(drawn, format="rgb24")
                # MP4 needs strictly increasing timestamps.
                pts = max(pts + 1, round(frame.at_s / _TIME_BASE))
                shown.pts, shown.time_base = pts, _TIME_BASE
                container.mux(stream.encode(shown))
                if progress:
                    progress(frame.number + 1, video.frames_planned or 0)
            if stream is not None:
                container.mux(stream.encode())
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise VideoError(
            f"'{out}' cannot be written ({reason}). Choose a name that ends in .mp4."
        ) from None
