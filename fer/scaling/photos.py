"""Many photos on Ray: each worker reads, detects, classifies and writes pieces of the work.

A photo travels once, from where it lies to the worker that answers it. What Ray passes on are names
and counts, so that memory does not grow with the photos.
"""

import hashlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from fer.errors import ImageError
from fer.inference.answer import PhotoFaces
from fer.inference.photo_rows import photo_columns, photo_rows
from fer.inference.predictor import GROUP, Predictor
from fer.progress import Progress
from fer.scaling.cluster import cluster, results_of
from fer.scaling.photo_results import PhotoResults, has_others, is_among, key_of
from fer.scaling.photo_tables import Photo
from fer.scaling.results import schema_of, table_of
from fer.scaling.setup import Setup
from fer.scaling.sources import packed, pieces, read, unpacked

_PASSED_OVER = 4
"""Pieces that a worker gets at a time where work is resumed: what is done is found so fast that to
hand out each piece would take longer."""

CROP = "crop_sha256"
"""A column for what compares faces: the checksum of what the network saw."""


@dataclass(kw_only=True)
class ScoringReport:
    """How many photos were processed; as `fer.inference.folders.FolderReport`.

    Attributes:
        before: Photos that had their rows already.
        photos: Photos processed now, including those that failed.
        faces: Faces on them.
        failed: Photos that could not be used; their rows give the reason.
        skipped: Reason by name of what is in the folders and not read.
        stopped: Whether photos are left.
    """

    before: int = 0
    photos: int = 0
    faces: int = 0
    failed: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    stopped: bool = False


class Scorer:
    """A worker: gets pieces, writes their rows, and gives back what it counted."""

    def __init__(
        self, setup: Setup, out: str, done: "Sequence[Any]", extra: Sequence[str] = ()
    ) -> None:
        """Know what is done; the model is loaded for the first photo that is not.

        Args:
            setup: The model and the detector.
            out: The URL of the folder of results.
            done: One value, the keys of photos that have their rows, or Ray's reference to them.
            extra: Further columns: `CROP`, or none.
        """
        self._setup = setup
        self._schema = schema_of((*photo_columns(setup.labels), *extra))
        self._out = PhotoResults(out)
        self._done = _fetched(done[0])

    @cached_property
    def _predictor(self) -> Predictor:
        return self._setup.load()

    def __call__(self, work: pa.Table) -> pa.Table:
        """What Ray Data calls with pieces; see `score`."""
        scored = [self.score(unpacked(piece)) for piece in work.column("piece").to_pylist()]
        return pa.Table.from_pylist(scored)

    def score(self, piece: pa.Table) -> dict[str, Any]:
        """Answer the photos of a piece that are not done, and write their rows as one file.

        Returns:
            How many photos were done `before`, and now: `photos`, `faces` on them, and `failed`.
            `changed` are the keys of photos whose names have rows of another content.
        """
        rows: list[dict[str, Any]] = []
        keys: list[bytes] = []
        counts: dict[str, Any] = {"before": 0, "photos": 0, "faces": 0, "failed": 0, "changed": b""}
        photos = self._new(read(piece), counts)
        while group := list(islice(photos, GROUP)):
            for (name, key, _), result in zip(group, self._answered(group), strict=True):
                keys.append(key)
                rows += self._rows(name, result)
                failed = isinstance(result, ImageError)
                counts["failed"] += failed
                counts["faces"] += 0 if isinstance(result, ImageError) else len(result.faces)
        if keys:
            self._out.write(table_of(rows, self._schema), keys)
        counts["photos"] = len(keys)
        return counts

    def _rows(self, name: str, result: PhotoFaces | ImageError) -> list[dict[str, Any]]:
        """As `photo_rows` gives them, but with probabilities to their last digit."""
        rows = photo_rows(name, result, **self._setup.names)
        if isinstance(result, PhotoFaces):
            for row, face in zip(rows, result.faces, strict=False):  # without faces there is one
                row |= {f"p_{label}": share for label, share in face.probabilities.items()}
                row |= {"confidence": face.confidence}
                row |= {CROP: hashlib.sha256(face.crop.tobytes()).hexdigest()}
        return rows

    def _new(
        self, photos: Iterable[Photo], counts: dict[str, Any]
    ) -> Iterator[tuple[str, bytes, bytes | ImageError]]:
        """Name, key and content of the photos that have no rows yet.

        One that cannot be read keeps the rows that it has: another time it can.
        """
        for name, known_as, content in photos:
            is_read = isinstance(content, bytes)
            key = key_of(known_as, content if isinstance(content, bytes) else b"unread")
            is_changed = has_others(key, self._done)
            if is_changed and is_read:
                counts["changed"] += key
            if is_among(key, self._done) or (is_changed and not is_read):
                counts["before"] += 1
            else:
                yield name, key, content

    def _answered(
        self, group: Sequence[tuple[str, bytes, bytes | ImageError]]
    ) -> Iterator[PhotoFaces | ImageError]:
        contents = [content for _, _, content in group if isinstance(content, bytes)]
        answers = iter(self._predictor.predict_group(contents))
        for _, _, content in group:
            yield next(answers) if isinstance(content, bytes) else content


def _fetched(done: Any) -> np.ndarray:
    if isinstance(done, np.ndarray):
        return done
    import ray

    keys: np.ndarray = ray.get(done)
    return keys


def predict_to_parquet(
    setup: Setup,
    sources: Sequence[str],
    out: str,
    *,
    address: str | None = None,
    recursive: bool = False,
    size: int | None = None,
    extra: Sequence[str] = (),
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> ScoringReport:
    """Predict photos on Ray into a folder of Parquet files, and resume what is there.

    A photo that is in the folder under its name and with its bytes is not predicted again. One
    whose bytes changed loses its old rows once all photos have theirs.

    Args:
        setup: The model and the detector.
        sources: As `sources.pieces` takes them; every machine of the cluster must see them.
        out: The folder, a path or a URL, which all machines see.
        address: As `cluster` takes it.
        recursive: Search subfolders, too.
        size: Photos that a worker answers at a time, as `sources.pieces` takes it.
        extra: Columns beside those of the CSV file, as `Scorer` takes them.
        progress: Called with photos done and photos planned.
        stop: Once set, the work ends; pieces that are not finished are lost.

    Raises:
        ResultsError: If the folder holds something else, or the results of another model.
        UnreadableImageError: If a source cannot be listed or holds no photos.
        ScalingError: If no cluster answers.
    """
    folder = PhotoResults(out)
    report, planned = ScoringReport(), 0
    origin = {**setup.names, "labels": list(setup.labels), "extra": list(extra)}
    with folder.claimed(origin), cluster(address):
        import ray
        import ray.data

        listed = []
        for one in pieces(sources, recursive=recursive, skipped=report.skipped, size=size):
            planned += len(one)
            listed.append({"piece": packed(one)})
        done = ray.remote(num_cpus=0)(_done_in).remote(folder.url)
        is_resumed = len(ray.get(done)) > 0
        count = -(-len(listed) // (_PASSED_OVER if is_resumed else 1))
        work = ray.data.from_items(listed, override_num_blocks=count)
        del listed
        changed = b""
        for row in results_of(work, count, Scorer, setup, folder.url, [done], tuple(extra)):
            report.before += row["before"]
            report.photos += row["photos"]
            report.faces += row["faces"]
            report.failed += row["failed"]
            changed += row["changed"]
            if progress:
                progress(report.before + report.photos, planned)
            if stop is not None and stop.is_set():
                break
        report.stopped = report.before + report.photos < planned
        if changed and not report.stopped:
            ray.get(ray.remote(num_cpus=0)(_drop_outdated).remote(folder.url, changed))
    return report


def _done_in(url: str) -> np.ndarray:
    return PhotoResults(url).done()


def _drop_outdated(url: str, present: bytes) -> None:
    PhotoResults(url).drop_outdated(present)
