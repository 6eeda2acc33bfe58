"""FER-2013 as one CSV: `emotion,pixels,Usage`, a row of 48×48 numbers for each face."""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from fer import emotions
from fer.data.classes import LEFT_OUT, Classes
from fer.data.readers.listing import PARTS, Listing, Reader, signature, stays_inside
from fer.data.votes import COLUMNS, VOTES_FILE, read_votes, with_votes
from fer.errors import DatasetError, UnreadableImageError

SIDE_PX = 48
_CODES = {str(code): label for code, label in enumerate(emotions.FER2013_CODES)}
FERPLUS_FILE = "fer2013new.csv"


def fer_csv_reader(path: Path, classes: Classes) -> Reader | None:
    """`fer2013.csv`, or `icml_face_data.csv`, whose header has spaces; None for other files.

    FER+'s `fer2013new.csv` beside it gives the votes, row by row. Faces are called
    `<file>:<line>`, lines counted from 1 with the header.
    """
    try:
        with path.open("rb") as file:
            header = _header(file.readline(1000)) if path.suffix.lower() == ".csv" else []
    except OSError:
        return None
    if not {"emotion", "pixels"} <= set(header):
        return None
    beside = (path.with_name(name) for name in (FERPLUS_FILE, VOTES_FILE))
    votes = next((file for file in beside if stays_inside(file.parent, file)), None)
    tables = [path, votes] if votes else [path]
    return Reader(
        signature(f"fer csv {classes.identity}", tables), partial(_listing, path, votes, classes)
    )


def _header(line: bytes) -> list[str]:
    text = line.decode("utf-8-sig", errors="replace")
    return [name.strip().strip('"').lower() for name in text.split(",")]


def _listing(path: Path, votes_file: Path | None, classes: Classes) -> Listing:
    skipped: list[tuple[str, str]] = []
    rows, places, numbers = [], [], []
    with path.open("rb") as file:
        header = _header(file.readline())
        offset = file.tell()
        for number, line in enumerate(file):
            start, offset = offset, offset + len(line)
            if not line.strip():
                continue
            name = f"{path.name}:{number + 2}"
            try:
                label, split = _label_and_split(line.split(b","), header, classes)
            except ValueError as error:
                skipped.append((name, str(error)))
                continue
            stamp = hashlib.blake2b(line, digest_size=8).hexdigest()
            rows.append((name, label, split, "", stamp))
            places.append((start, len(line)))
            numbers.append(number)
    if not rows:
        raise DatasetError(f"'{path}' holds no row with a known emotion, 0 to 6.")
    table = pd.DataFrame(rows, columns=["path", "label", "split", "subject", "stamp"])
    if votes_file:
        votes = read_votes(votes_file)
        if len(votes) > numbers[-1]:
            counts = votes.loc[numbers, list(COLUMNS)].reset_index(drop=True)
            table[list(COLUMNS)] = counts.where(counts.sum(axis=1) > 0)
        else:
            reason = (
                f"{len(votes):,} rows of votes for {numbers[-1] + 1:,} faces; expected the "
                f"rows of '{path.name}', in its order. No votes were used"
            )
            skipped.append((votes_file.name, reason))

    def image(row: int) -> np.ndarray:
        start, length = places[row]
        with path.open("rb") as stream:
            stream.seek(start)
            fields = stream.read(length).split(b",")
        return _pixels(fields[header.index("pixels")], rows[row][0])

    return Listing(
        source_format=(
            f"FER-2013's CSV '{path.name}': {len(table):,} rows{with_votes(table, 'FER+')}"
        ),
        table=table,
        skipped=tuple(skipped),
        image=image,
    )


def _label_and_split(fields: list[bytes], header: list[str], classes: Classes) -> tuple[str, str]:
    """The label and the split ("" if none) of a row.

    Raises:
        ValueError: If it has other fields, or its emotion or Usage is unknown.
    """
    if len(fields) != len(header):
        raise ValueError(f"{len(fields)} fields; expected {len(header)}")
    emotion = _text(fields[header.index("emotion")])
    part = _text(fields[header.index("usage")]) if "usage" in header else ""
    label, split = classes.label_of(emotion, _CODES), PARTS.get(part.lower(), "")
    if classes.leaves_out(emotion):
        raise ValueError(LEFT_OUT)
    if not label:
        raise ValueError(f"unknown emotion '{emotion}'; expected 0 to 6")
    if part and not split:
        raise ValueError(f"unknown Usage '{part}'; expected Training, PublicTest or PrivateTest")
    return label, split


def _text(field: bytes) -> str:
    return field.decode(errors="replace").strip().strip('"').strip()


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
