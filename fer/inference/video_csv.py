"""A video → a CSV file with a row for each person on each frame, which can be resumed."""

import csv
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fer.errors import ResultsError
from fer.inference.csv_log import GrowingCsv
from fer.inference.frame_log import FrameFaces
from fer.inference.live_video import LiveVideo
from fer.inference.predictor import Predictor
from fer.inference.stream import FaceStream
from fer.inference.tracking import Tracker
from fer.inference.video import VideoFile
from fer.inference.video_results import Origin, frames_in
from fer.inference.video_source import Address, Camera, is_live, open_address
from fer.progress import Progress


@dataclass(kw_only=True)
class VideoReport:
    """How far the analysis of a video came.

    Attributes:
        before: Frames whose rows were already in the file.
        frames: Frames analysed now.
        people: How many people there were in all.
        seconds: How far into the video the rows go.
        problem: Which part of the video could not be read; None if all of it was.
        stopped: Whether it was stopped before the end.
        is_live: Whether frames came from a camera or a stream, which cannot be resumed.
        has_ended: Whether such a source came to its end, before anybody stopped it.
        passed_over: Of its frames, how many were due while an earlier one was analysed.
    """

    before: int = 0
    frames: int = 0
    people: int = 0
    seconds: float = 0.0
    problem: str | None = None
    stopped: bool = False
    is_live: bool = False
    has_ended: bool = False
    passed_over: int = 0


def analyse_to_csv(
    source: Path | Camera | Address,
    predictor: Predictor,
    out: Path,
    *,
    every: int = 1,
    until_s: float | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> VideoReport:
    """Write a row for each person on each frame, and resume where an earlier run stopped.

    Args:
        source: The video, or a camera or stream: of that the newest frame is analysed each time.
        predictor: The model with a detector.
        out: The CSV file. A frame without people has one row without a face.
        every: Analyse every Nth frame.
        until_s: Where to end, in seconds from the first frame; None for the end of the video.
        progress: Called with frames done and frames planned, the latter 0 if unknown.
        stop: Once set, the work ends after the current frame.

    Raises:
        VideoError: If the video cannot be read at all.
        ResultsError: If the file holds something else, or anything where the source is live.
        DetectorError: If the predictor has no detector.
    """
    origin = Origin.of(source.name, predictor, every=every)  # raises before a file is created
    with _opened(source, out, stop) as video, GrowingCsv(out, origin.columns) as table:
        report, start = VideoReport(), 0
        tracker = Tracker()
        for number, at_s, faces in frames_in(table.rows(**origin.shared)):
            start = number + every
            report.before, report.seconds = report.before + 1, at_s
            report.people = max([report.people, *(face.number for face in faces)])
            tracker.remember(faces, at_s)
        stream = FaceStream(predictor, every=every, tracker=tracker)
        planned = -(-(video.frames_planned or 0) // every)
        for frame in video.frames(start=start, every=every, until_s=until_s):
            faces = stream.step(frame.pixels, frame.at_s)
            table.write(origin.rows(FrameFaces(frame.number, frame.at_s, faces)))
            report.frames, report.seconds = report.frames + 1, frame.at_s
            report.people = max([report.people, *(face.number for face in faces)])
            if progress:
                progress(report.before + report.frames, planned)
            if stop is not None and stop.is_set():
                break
    report.stopped = stop is not None and stop.is_set()
    report.problem = video.problem
    if isinstance(video, LiveVideo):
        report.is_live, report.has_ended = True, video.has_ended
        report.passed_over = max(-(-video.received // every) - report.frames, 0)
    return report


def _opened(
    source: Path | Camera | Address, out: Path, stop: threading.Event | None
) -> VideoFile | LiveVideo:
    if isinstance(source, Path):
        return VideoFile(source)
    if isinstance(source, Camera):
        _check_new(out)
        return LiveVideo.of_camera(source, stop=stop)
    container = open_address(source)
    if not is_live(container):
        return VideoFile(container, name=source.name)
    _check_new(out)
    return LiveVideo.of_stream(container, name=source.name, stop=stop)


def _check_new(out: Path) -> None:
    if out.exists() and out.stat().st_size:
        raise ResultsError(
            f"'{out}' holds results already, and a camera or stream cannot be resumed. Choose "
            "another file."
        )


def frames_of(results: Path) -> Iterator[FrameFaces]:
    """The frames of a file that `analyse_to_csv` wrote."""
    with results.open(newline="", encoding="utf-8") as file:
        yield from frames_in(csv.DictReader(file))
