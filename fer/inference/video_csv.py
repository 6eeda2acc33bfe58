"""A video → a CSV file with a row for each person on each frame, which can be resumed."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fer.inference.answer import TrackedFace, face_columns
from fer.inference.csv_log import GrowingCsv, one_line
from fer.inference.predictor import Predictor
from fer.inference.video import VideoFile, VideoStep, analyse
from fer.progress import Progress


@dataclass(frozen=True, kw_only=True)
class VideoReport:
    """How far the analysis of a video came.

    Attributes:
        before: Frames whose rows were already in the file.
        frames: Frames analysed now.
        people: How many people there were in all.
        seconds: How far into the video the rows go.
        problem: Which part of the video could not be read; None if all of it was.
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
    """Write a row for each person on each frame, and resume where an earlier run stopped.

    Args:
        source: The video.
        predictor: The model with a detector.
        out: The CSV file. A frame without people has one row without a face.
        every: Analyse every Nth frame.
        progress: Called with frames done and frames planned, the latter 0 if unknown.
        stop: Once set, the work ends after the current frame.

    Raises:
        VideoError: If the video cannot be read at all.
        ResultsError: If the file holds something else.
        DetectorError: If the predictor has no detector.
    """
    card = predictor.card
    model = one_line(f"{card.name} {card.model_sha256[:8]} {source.name} every {every}")
    columns = ("frame", "time_s", "model", *face_columns(card.labels))
    _ = predictor.detector  # raises before a file is created
    with VideoFile(source) as video, GrowingCsv(out, columns) as table:
        before = _Before(card.labels)
        for row in table.rows(model=model):
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
    """What an earlier run wrote, read row by row."""

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
