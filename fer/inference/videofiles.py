"""A film → a CSV file that can be taken up again, and a film with the faces marked."""

import csv
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import av
import av.error

from fer.errors import ResultsError, VideoError
from fer.inference.answer import TrackedFace, face_columns
from fer.inference.csv_log import GrowingCsv, one_line
from fer.inference.drawing import draw_faces
from fer.inference.predictor import Predictor
from fer.inference.video import VideoFile, VideoStep, analyse

Progress = Callable[[int, int], None]

_TIMES = Fraction(1, 90_000)


@dataclass(frozen=True, kw_only=True)
class VideoReport:
    """What became of a film.

    Attributes:
        before: Frames whose rows were there already.
        frames: Frames looked at now.
        people: How many people there were in all.
        seconds: How far into the film the rows go.
        problem: What of the film could not be read, and where; None if nothing.
        stopped: Whether it was stopped before the end.
    """

    before: int
    frames: int
    people: int
    seconds: float
    problem: str | None
    stopped: bool


def analyse_to_csv(
    source: Path,
    predictor: Predictor,
    out: Path,
    *,
    every: int = 1,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> VideoReport:
    """Write a row for each person on each frame; go on where a file of results stopped.

    Args:
        source: The film.
        predictor: The model with a detector.
        out: The CSV file. A frame without people has one row without a face.
        every: Look at every so many frames.
        progress: Called with frames done and frames planned, the latter 0 if that is not known.
        stop: Once set, the work ends after the current frame.

    Raises:
        VideoError: If the film cannot be read at all.
        ResultsError: If the file holds something else.
        DetectorError: If the predictor has no detector.
    """
    card = predictor.card
    model = one_line(f"{card.name} {card.model_sha256[:8]} {source.name} every {every}")
    columns = ("frame", "time_s", "model", *face_columns(card.labels))
    _ = predictor.detector  # without one, no file is begun
    with VideoFile(source) as video, GrowingCsv(out, columns) as table:
        before = _Before(card.labels)
        for row in table.rows():
            if row["model"] != model:
                raise ResultsError(
                    f"'{out}' holds results of '{row['model']}', not of '{model}'. "
                    "Choose another file, or remove this one."
                )
            before.add(row)
        planned = -(-(video.frames_planned or 0) // every)
        frames, people, seconds = 0, before.people, before.at_s
        stopped = False
        for step in analyse(
            video,
            predictor,
            every=every,
            start=before.frame + every if before.frames else 0,
            first_number=before.people + 1,
            known=tuple(before.known),
            known_at_s=before.at_s,
        ):
            table.write(_rows(step, model))
            frames += 1
            seconds = step.frame.at_s
            people = max([people, *(face.number for face in step.faces)])
            if progress:
                progress(before.frames + frames, planned)
            if stop is not None and stop.is_set():
                stopped = True
                break
    return VideoReport(
        before=before.frames,
        frames=frames,
        people=people,
        seconds=seconds,
        problem=video.problem,
        stopped=stopped,
    )


class _Before:
    """What an earlier run left, read row by row."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self.frames = 0
        self.frame = -1
        self.at_s = 0.0
        self.people = 0
        self.known: list[TrackedFace] = []

    def add(self, row: dict[str, str]) -> None:
        if int(row["frame"]) != self.frame:
            self.frame, self.at_s, self.known = int(row["frame"]), float(row["time_s"]), []
            self.frames += 1
        if row["face"]:
            face = TrackedFace.from_row(row, self._labels)
            self.known.append(face)
            self.people = max(self.people, face.number)


def _rows(step: VideoStep, model: str) -> Iterator[dict[str, object]]:
    shared = {
        "frame": step.frame.number,
        "time_s": f"{step.frame.at_s:.3f}",
        "model": model,
    }
    if not step.faces:
        yield shared
    for face in step.faces:
        yield shared | face.to_row()


def check_target(out: Path, *, source: Path, results: Path) -> None:
    """Refuse a place for the film with the marked faces before work is spent on it.

    Raises:
        VideoError: If it is the film or its results, or can be no file.
    """
    for file, what in ((source, "the film itself"), (results, "the file of the results")):
        there = out.exists() and file.exists()
        if out.samefile(file) if there else out.resolve() == file.resolve():
            raise VideoError(f"'{out}' is {what}. Choose another name for the film to write.")
    if out.is_dir() or not out.parent.is_dir():
        found = "it is a folder" if out.is_dir() else f"there is no folder '{out.parent}'"
        raise VideoError(f"'{out}' cannot be written: {found}. Choose a name that ends in .mp4.")


def annotate(source: Path, results: Path, out: Path, *, progress: Progress | None = None) -> None:
    """Write the film again with the faces marked, as H.264 in MP4, without sound.

    Args:
        source: The film.
        results: Its rows, as `analyse_to_csv` writes them; between rows the last ones stay.
        out: The film to write; written beside and moved into place.
        progress: Called with frames done and frames planned, the latter 0 if that is not known.

    Raises:
        VideoError: If a film cannot be read or written, or the place is that of the film or its
            results.
    """
    check_target(out, source=source, results=results)
    part = out.with_name(f".{out.stem}.part.mp4")
    try:
        with (
            VideoFile(source) as video,
            results.open(newline="", encoding="utf-8") as file,
            av.open(str(part), "w") as container,
        ):
            table = csv.DictReader(file)
            labels = tuple(
                name.removeprefix("p_") for name in table.fieldnames or () if name[:2] == "p_"
            )
            rows = groupby(table, key=lambda row: int(row["frame"]))
            upcoming = next(rows, None)
            faces: list[TrackedFace] = []
            stream, pts = None, -1
            for frame in video.frames():
                while upcoming and upcoming[0] <= frame.number:
                    faces = [
                        TrackedFace.from_row(row, labels) for row in upcoming[1] if row["face"]
                    ]
                    upcoming = next(rows, None)
                # H.264 with halved colour takes even sides only.
                height, width = (side // 2 * 2 for side in frame.pixels.shape[:2])
                if stream is None:
                    rate = Fraction(video.fps).limit_denominator(1001)
                    stream = container.add_stream("libx264", rate=rate)
                    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                    stream.codec_context.time_base = _TIMES
                drawn = draw_faces(frame.pixels, faces)[:height, :width]
                shown = av.VideoFrame.from_ndarray(drawn, format="rgb24")
                # Two frames of one time are not to be had in MP4.
                pts = max(pts + 1, round(frame.at_s / _TIMES))
                shown.pts, shown.time_base = pts, _TIMES
                container.mux(stream.encode(shown))
                if progress:
                    progress(frame.number + 1, video.frames_planned or 0)
            if stream is not None:
                container.mux(stream.encode())
        part.replace(out)
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise VideoError(
            f"'{out}' cannot be written ({reason}). Choose a name that ends in .mp4."
        ) from None
    finally:
        part.unlink(missing_ok=True)
