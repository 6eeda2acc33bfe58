"""FER-2013 as one CSV: `emotion,pixels,Usage`, a row of 48×48 numbers for each face."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from fer import emotions
from fer.data.readers.listing import PARTS, Listing, files_signature, stat_file, stays_inside
from fer.data.votes import COLUMNS, VOTES_FILE, read_votes
from fer.errors import DatasetError, UnreadableImageError

SIDE_PX = 48
FERPLUS_FILE = "fer2013new.csv"


def is_fer_csv(path: Path) -> bool:
    """Whether the header names `emotion` and `pixels`, spaces aside."""
    if path.suffix.lower() != ".csv":
        return False
    try:
        with path.open("rb") as file:
            return {"emotion", "pixels"} <= set(_header(file.readline(1000)))
    except OSError:
        return False


def _header(line: bytes) -> list[str]:
    text = line.decode("utf-8-sig", errors="replace")
    return [name.strip().strip('"').lower() for name in text.split(",")]


class FerCsvReader:
    """`fer2013.csv`, or `icml_face_data.csv`, whose header has spaces.

    FER+'s `fer2013new.csv` beside it gives the votes, row by row. Faces are called
    `<file>:<line>`, lines counted from 1 with the header.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def _votes_file(self) -> Path | None:
        beside = (self._path.with_name(name) for name in (FERPLUS_FILE, VOTES_FILE))
        return next((file for file in beside if stays_inside(file.parent, file)), None)

    def signature(self) -> str:
        files = [self._path, self._votes_file]
        return files_signature("fer csv", (stat_file(file) for file in files if file))

    def listing(self) -> Listing:
        skipped: list[tuple[str, str]] = []
        rows, offsets, row_numbers = [], [], []
        with self._path.open("rb") as file:
            header = _header(file.readline())
            emotion, pixels = header.index("emotion"), header.index("pixels")
            usage = header.index("usage") if "usage" in header else None
            offset = file.tell()
            for number, line in enumerate(file):
                start, offset = offset, offset + len(line)
                name = f"{self._path.name}:{number + 2}"
                fields = line.split(b",")
                if not line.strip():
                    continue
                if len(fields) != len(header):
                    skipped.append((name, f"{len(fields)} fields; expected {len(header)}"))
                    continue
                label = _label(fields[emotion])
                if not label:
                    reason = f"unknown emotion '{_text(fields[emotion])}'; expected 0 to 6"
                    skipped.append((name, reason))
                    continue
                part = "" if usage is None else _text(fields[usage])
                split = PARTS.get(part.lower(), "")
                if part and not split:
                    reason = f"unknown Usage '{part}'; expected Training, PublicTest or PrivateTest"
                    skipped.append((name, reason))
                    continue
                stamp = hashlib.blake2b(line, digest_size=8).hexdigest()
                rows.append((name, label, split, "", stamp))
                offsets.append((start, len(line)))
                row_numbers.append(number)
        if not rows:
            raise DatasetError(f"'{self._path}' holds no row with a known emotion, 0 to 6.")
        table = pd.DataFrame(rows, columns=["path", "label", "split", "subject", "stamp"])
        voted = self._add_votes(table, row_numbers, skipped)

        def image(row: int) -> np.ndarray:
            with self._path.open("rb") as stream:
                stream.seek(offsets[row][0])
                line = stream.read(offsets[row][1])
            return _pixels(line.split(b",")[pixels], rows[row][0])

        source_format = f"FER-2013's CSV '{self._path.name}': {len(table):,} rows"
        if voted:
            source_format += f", FER+ votes for {voted:,}"
        return Listing(
            source_format=source_format, table=table, skipped=tuple(skipped), image=image
        )

    def _add_votes(
        self, table: pd.DataFrame, row_numbers: list[int], skipped: list[tuple[str, str]]
    ) -> int:
        file = self._votes_file
        if file is None:
            return 0
        votes = read_votes(file)
        if len(votes) <= row_numbers[-1]:
            reason = (
                f"{len(votes):,} rows of votes for {row_numbers[-1] + 1:,} faces; expected the "
                f"rows of '{self._path.name}', in its order. No votes were used"
            )
            skipped.append((file.name, reason))
            return 0
        counts = votes.loc[row_numbers, list(COLUMNS)].reset_index(drop=True)
        counts[counts.sum(axis=1) == 0] = np.nan
        table[list(COLUMNS)] = counts
        return int(counts[COLUMNS[0]].notna().sum())


def _text(field: bytes) -> str:
    return field.decode(errors="replace").strip().strip('"').strip()


def _label(field: bytes) -> str:
    text = _text(field)
    if text.isdecimal():
        return emotions.FER2013_CODES[int(text)] if len(text) < 9 and int(text) < 7 else ""
    return emotions.canonical(text) if emotions.is_known(text) else ""


def _pixels(field: bytes, name: str) -> np.ndarray:
    text = field.strip().strip(b'"')
    if strange := text.translate(None, b"0123456789 "):
        letter = strange[:1].decode(errors="replace")
        raise UnreadableImageError(f"{name}: found '{letter}' among the pixels; expected numbers.")
    values = np.fromstring(text, np.int64, sep=" ") if text else np.empty(0, np.int64)
    if len(values) != SIDE_PX**2:
        raise UnreadableImageError(
            f"{name}: {len(values):,} pixels; expected {SIDE_PX}×{SIDE_PX} = {SIDE_PX**2:,}."
        )
    if values.max() > 255:
        raise UnreadableImageError(f"{name}: the pixel value {values.max()}; expected 0 to 255.")
    return values.astype(np.uint8).reshape(SIDE_PX, SIDE_PX)
