"""Index and pixels on disk, keyed by the content of the source and the shape of the pixels.

`<shape>-<key>.parquet` is the index and `<shape>-<key>.pixels` the uint8 array beside it. The
index is moved into place last: if it is there, both are complete. A build appends pixels to
`building-<shape>/pixels` and writes every block of rows beside them, so that a build that was
killed is resumed, and faces that are known from an earlier state are copied, not decoded again.
"""

import json
import math
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypedDict

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fer.data.decoding import BATCH, MEASURED, THREADS, ImageStats, decode_batch
from fer.data.locking import BUILD_LOCK, locked
from fer.data.parquet_files import read_frame, read_table
from fer.data.readers import Listing, Reader
from fer.errors import DatasetError, NotAllowedError
from fer.files import replace_path, way_out
from fer.people import Action, may
from fer.progress import Progress
from fer.typed import from_json

_FORMAT = 2
_BLOCK = 4096  # the most faces that a killed build loses …
_BLOCK_BYTES = 16_000_000  # … or fewer if they are large: two blocks are in memory at once

Shape = tuple[int, int, int]
_Block = tuple[pd.DataFrame, np.ndarray]  # rows with their measures, and pixels


class _Facts(TypedDict):
    """What an index keeps beside its rows."""

    recognised: str
    unreadable: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An index and its pixels, as `open_stored` returns them.

    Attributes:
        index: The listing's columns, without the stamps, and the `ImageStats` of each image.
        pixels: Shape (n, height, width, channels), uint8, mapped and read-only.
        source_format: As in the listing.
        skipped: As in the listing, with the images that could not be read.
    """

    index: pd.DataFrame
    pixels: np.ndarray
    source_format: str
    skipped: tuple[tuple[str, str], ...]


def open_stored(
    folder: Path,
    reader: Reader,
    shape: Shape,
    *,
    classes: str = "",
    progress: Progress | None = None,
) -> Stored:
    """Open index and pixels, after building what is missing.

    Args:
        folder: Where they are kept.
        reader: The reader of the source.
        shape: Height, width and channels of the pixels to keep.
        classes: The key of what its classes mean: each meaning has an index of its own.
        progress: Called with the faces done and planned while they are built.

    Raises:
        DatasetError: If the source or all of its images cannot be read, or the disk cannot be
            written to.
    """
    key = f"{_name(shape)}-{classes}{reader.signature}-{_FORMAT}"
    if (stored := _opened(folder, key, shape)) is not None:
        return stored
    if not may(Action.KEEP):
        raise NotAllowedError(
            "This data set has no index in this shape yet, and making one writes to the disk, "
            "which you may not. Ask whoever runs this app to open the data set once."
        )
    with locked(folder / BUILD_LOCK):
        if (stored := _opened(folder, key, shape)) is None:  # while we waited
            listing = reader.listing()  # under the lock: faces may be deleted while we wait
            try:
                _Build(folder, shape, listing, progress).run(key)
            except OSError as error:
                raise DatasetError(
                    f"The index in '{folder}' cannot be written: {error}. {way_out(error)}, or set "
                    "FER_HOME to another folder. What is done so far is kept."
                ) from error
            remove_made(folder, classes, shape=_name(shape), keep=key)
            stored = _opened(folder, key, shape)
    if stored is None:
        raise DatasetError(
            f"The index in '{folder}' disappeared while it was being built. Try again."
        )
    return stored


def last_index(
    folder: Path, key: str, columns: Sequence[str], *, optional: Sequence[str] = ()
) -> pd.DataFrame | None:
    """These columns of the index that was written last, of any shape; None if there is none.

    The source is not read, so that it may have changed since. `key` is that of the classes.
    """
    with suppress(OSError, ValueError, pa.ArrowException):  # damaged from outside
        if (newest := last_file(folder, key)) is not None:
            present = [name for name in pq.read_schema(newest).names if name in optional]
            return read_frame(newest, [*columns, *present])
    return None


def last_stored(folder: Path) -> Stored | None:
    """As `last_index`, with all columns and the pixels."""
    with suppress(OSError, ValueError):
        if (newest := last_file(folder)) is not None:
            height, width, channels = map(int, newest.stem.partition("-")[0].split("x"))
            return _opened(folder, newest.stem, (height, width, channels))
    return None


def last_file(folder: Path, key: str | None = None) -> Path | None:
    """The file of the index that was written last; None if there is none.

    `key` is that of the classes; None for any.
    """
    signature = "*" if key is None else _signatures(key)
    files = folder.glob(f"*-{signature}-{_FORMAT}.parquet")
    return max(files, key=lambda file: file.stat().st_mtime, default=None)


def remove_made(folder: Path, classes: str, *, shape: str = "*x*x*", keep: str = "") -> None:
    """Remove the indexes and pixels, of any format, that were made for one meaning of the classes.

    Args:
        folder: Where they are kept.
        classes: The key of that meaning.
        shape: Only those of this shape, such as `48x48x1`.
        keep: The name, without a suffix, of what stays.
    """
    for old in folder.glob(f"{shape}-{_signatures(classes)}"):
        if old.stem != keep and old.is_file():
            with suppress(OSError):  # mapped by another process, on Windows: next time
                old.unlink()


def _signatures(classes: str) -> str:
    """The pattern of the signatures for one meaning of the classes, whose key begins with m."""
    return f"{classes}[0-9a-f]*"


def _opened(folder: Path, key: str, shape: Shape) -> Stored | None:
    try:
        table = read_table(folder / f"{key}.parquet")
        index = table.drop_columns(["stamp"]).to_pandas()
        pixels = np.memmap(folder / f"{key}.pixels", np.uint8, "r", shape=(len(index), *shape))
        facts: _Facts = from_json(table.schema.metadata[b"fer"], _Facts)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None  # missing, or damaged from outside: build it again
    return Stored(
        index=index,
        pixels=pixels.view(np.ndarray),
        source_format=facts["recognised"],
        skipped=tuple((path, reason) for path, reason in facts["unreadable"]),
    )


class _Build:
    """One build: known faces are copied, the rest is decoded, and every block is recorded."""

    def __init__(
        self, folder: Path, shape: Shape, listing: Listing, progress: Progress | None
    ) -> None:
        self._folder = folder
        self._shape = shape
        self._listing = listing
        self._wanted = listing.table[["path", "stamp"]]
        self._progress = progress or (lambda done, planned: None)
        self._place = folder / f"building-{_name(shape)}-{_FORMAT}"
        self._face_bytes = math.prod(shape)
        self._block = max(1, min(_BLOCK, _BLOCK_BYTES // self._face_bytes))
        self._skipped = list(listing.skipped)
        self._done = 0

    def run(self, key: str) -> None:
        self._place.mkdir(parents=True, exist_ok=True)
        blocks = self._recorded()
        slots = sum(map(len, blocks))
        missing = ~_is_among(self._wanted, blocks)
        self._done = int((~missing).sum())
        with (self._place / "pixels").open("ab") as pixels:
            pixels.truncate(slots * self._face_bytes)
            for block, faces in self._blocks(missing):
                pixels.write(faces.data)
                pixels.flush()
                os.fsync(pixels.fileno())  # before the block that relies on them
                with replace_path(self._place / f"{slots:012d}.parquet") as made:
                    block.to_parquet(made)
                slots += len(block)
                blocks.append(block)
        if not slots:
            unreadable = self._skipped[len(self._listing.skipped) :]
            first = f" The first: {unreadable[0][1]}" if unreadable else ""
            raise DatasetError(f"None of the images could be read ({len(missing):,}).{first}")
        self._finish(key, pd.concat(blocks, ignore_index=True))

    def _recorded(self) -> list[pd.DataFrame]:
        """The blocks of a build that was killed; none if they are damaged."""
        try:
            blocks = [read_frame(file) for file in sorted(self._place.glob("*.parquet"))]
            there = (self._place / "pixels").stat().st_size
            if sum(map(len, blocks)) * self._face_bytes <= there:
                return blocks
        except (OSError, ValueError, pa.ArrowException):
            pass
        shutil.rmtree(self._place)
        self._place.mkdir()
        return []

    def _blocks(self, missing: np.ndarray) -> Iterator[_Block]:
        """What is not recorded yet, in the order of the listing."""
        for known, pixels in self._earlier():
            copies = self._wanted[missing].reset_index().merge(known, on=["path", "stamp"])
            for start in range(0, len(copies), self._block):
                part = copies.iloc[start : start + self._block]
                yield part[["path", "stamp", *MEASURED]], pixels[part["slot"].to_numpy()]
                self._advance(len(part))
            missing[copies["index"].to_numpy()] = False
        rows = np.flatnonzero(missing)
        parts = [rows[start : start + self._block] for start in range(0, len(rows), self._block)]
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                # The next block is being decoded while this one is written.
                started = (self._start(part, pool) for part in parts)
                queue = deque(islice(started, 1))
                while queue:
                    queue.extend(islice(started, 1))
                    yield queue.popleft()()
            finally:
                pool.shutdown(cancel_futures=True)

    def _earlier(self) -> Iterator[_Block]:
        """Indexes of this shape from earlier states of the source, with their pixels."""
        for file in self._folder.glob(f"{_name(self._shape)}-*-{_FORMAT}.parquet"):
            stored = _opened(self._folder, file.stem, self._shape)
            if stored is not None:
                known = read_frame(file, ["path", "stamp", *MEASURED])
                yield known.assign(slot=np.arange(len(known))), stored.pixels

    def _start(self, rows: np.ndarray, pool: ThreadPoolExecutor) -> Callable[[], _Block]:
        """Start decoding the images at these positions of the listing.

        Returns a function that waits for them, and skips those that cannot be read.
        """
        faces = np.empty((len(rows), *self._shape), np.uint8)
        image = self._listing.image
        batches = [
            pool.submit(decode_batch, image, rows[start:][:BATCH], faces[start:][:BATCH])
            for start in range(0, len(rows), BATCH)
        ]

        def collect() -> _Block:
            stats: list[ImageStats] = []
            for batch in batches:
                stats += batch.result()
                self._advance(len(batch.result()))
            listed = self._wanted.iloc[rows].reset_index(drop=True)
            table = listed.join(pd.DataFrame(stats).astype(MEASURED))
            reasons = table.pop("reason")
            good = (reasons == "").to_numpy()
            self._skipped += zip(table["path"][~good], reasons[~good], strict=True)
            return (table, faces) if good.all() else (table[good], faces[good])

        return collect

    def _advance(self, faces: int) -> None:
        self._done += faces
        self._progress(self._done, len(self._listing.table))

    def _finish(self, key: str, built: pd.DataFrame) -> None:
        """Put pixels and rows in the order of the listing, and move them into place."""
        built["slot"] = np.arange(len(built))
        index = self._listing.table.merge(
            built.drop_duplicates(["path", "stamp"]), on=["path", "stamp"]
        )
        slots = index.pop("slot").to_numpy()
        source = self._place / "pixels"
        if len(slots) != len(built) or (slots != np.arange(len(slots))).any():
            source = self._in_order(source, slots)
        source.replace(self._folder / f"{key}.pixels")
        facts = {"recognised": self._listing.source_format, "unreadable": self._skipped}
        table = pa.Table.from_pandas(index, preserve_index=False)
        table = table.replace_schema_metadata(
            {**(table.schema.metadata or {}), b"fer": json.dumps(facts).encode()}
        )
        made = self._place / "index"  # where the next build removes what a killed one leaves
        pq.write_table(table, made)
        made.replace(self._folder / f"{key}.parquet")
        shutil.rmtree(self._place)

    def _in_order(self, source: Path, slots: np.ndarray) -> Path:
        pixels = np.memmap(source, np.uint8, "r").reshape(-1, self._face_bytes)
        ordered = source.with_name("pixels.ordered")
        with ordered.open("wb") as file:
            for start in range(0, len(slots), self._block):
                file.write(pixels[slots[start : start + self._block]].data)
        return ordered


def _name(shape: Shape) -> str:
    return "x".join(map(str, shape))


def _is_among(wanted: pd.DataFrame, blocks: list[pd.DataFrame]) -> np.ndarray:
    if not blocks:
        return np.zeros(len(wanted), bool)
    recorded = pd.concat([block[["path", "stamp"]] for block in blocks]).drop_duplicates()
    return wanted.merge(recorded.assign(there=True), how="left")["there"].notna().to_numpy()
