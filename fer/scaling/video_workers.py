"""What is done with a video on Ray: it is planned, its pieces are analysed, and they are joined."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from fer.errors import FerError, VideoError
from fer.inference.frame_log import FrameFaces
from fer.inference.stream import FaceStream
from fer.inference.video_results import Origin
from fer.scaling.places import reason_of
from fer.scaling.results import ResultFolder, parquet_of, schema_of, table_of
from fer.scaling.setup import Setup
from fer.scaling.video_files import content_of, name_of, opened, packed, unpacked
from fer.scaling.video_joining import joined
from fer.scaling.video_pieces import VideoPiece, cut
from fer.scaling.video_recording import record

PIECES = "_pieces"
"""Folder of recordings; readers of Parquet folders pass over names with this beginning."""

_ROWS = 5000


@dataclass(frozen=True, kw_only=True)
class Job:
    """What every worker knows of the work.

    Attributes:
        setup: The model and the detector.
        out: The URL of the folder of results.
        every: Only every Nth frame is analysed.
        least: Fewest analysed frames of a piece.
    """

    setup: Setup
    out: str
    every: int
    least: int


def plan(url: str, job: Job) -> dict[str, Any]:
    """Read a video's packets: its key, and its pieces, none where it is analysed as a whole."""
    found: dict[str, Any] = {"url": url, "key": "", "is_done": False, "pieces": [], "problem": ""}
    try:
        name = PurePosixPath(name_of(url)).stem
        key = f"{re.sub(r'[^-.0-9A-Za-z]+', '-', name)}-{content_of(url)[:24]}"
        found |= {"key": key, "is_done": ResultFolder(job.out).has(f"{key}.parquet")}
        if not found["is_done"]:
            with opened(url) as video:
                next(video.frames(), None)
                start_s = video.start_s
            with opened(url) as video:
                pieces = cut(video, every=job.every, start_s=start_s, least=job.least)
            found["pieces"] = [asdict(piece) for piece in pieces]
    except FerError as error:
        found["problem"] = str(error)
    except OSError as error:
        found["problem"] = f"It cannot be read: {reason_of(error)}."
    return found


class Analyst:
    """A worker: analyses pieces of videos, or whole videos."""

    def __init__(self, job: Job) -> None:
        """Load the model."""
        self._job, self._predictor = job, job.setup.load()

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Write the recording of a piece, or the rows of a whole video."""
        [work] = batch.to_pylist()
        done = {"key": work["key"], "is_good": True, "problem": ""}
        try:
            if work["piece"]:
                self._record(work["url"], work["key"], VideoPiece(**json.loads(work["piece"])))
            else:
                done["problem"] = self._analyse(work["url"], work["key"]) or ""
        except VideoError as error:
            done |= {"is_good": False, "problem": str(error)}
        return pa.table({name: [value] for name, value in done.items()})

    def _record(self, url: str, key: str, piece: VideoPiece) -> None:
        folder, name = ResultFolder(self._job.out), _piece_name(key, piece.first)
        if not folder.has(name):
            with opened(url) as video:
                seen = record(video, piece, self._predictor, every=self._job.every)
            folder.put(name, packed(seen))

    def _analyse(self, url: str, key: str) -> str | None:
        stream = FaceStream(self._predictor, every=self._job.every)
        with opened(url) as video:
            frames = (
                FrameFaces(frame.number, frame.at_s, stream.step(frame.pixels, frame.at_s))
                for frame in video.frames(every=self._job.every)
            )
            _write(self._job, url, key, frames)
            return video.problem


def _piece_name(key: str, first: int) -> str:
    return f"{PIECES}/{key}/{first}.json.z"


def join(url: str, key: str, firsts: Sequence[int], job: Job) -> str:
    """Write the rows of a video whose pieces are all there; "" or why they do not fit together."""
    folder = ResultFolder(job.out)
    recordings = (unpacked(folder.get(_piece_name(key, first))) for first in firsts)
    try:
        _write(job, url, key, joined(recordings, job.setup.labels))
    except VideoError as error:
        return str(error)
    return ""


def _write(job: Job, url: str, key: str, frames: Iterable[FrameFaces]) -> None:
    origin = Origin(file=name_of(url), **job.setup.names, every=job.every, labels=job.setup.labels)
    schema = schema_of(origin.columns)

    def tables() -> Iterator[pa.Table]:
        rows: list[dict[str, Any]] = []
        for frame in frames:
            rows += origin.rows(frame)
            if len(rows) >= _ROWS:
                yield table_of(rows, schema)
                rows = []
        yield table_of(rows, schema)

    ResultFolder(job.out).put(f"{key}.parquet", parquet_of(tables(), schema))
