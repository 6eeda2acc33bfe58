"""Text tables with the pixels of each face: a list in one column, or a column for each pixel."""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from fer import emotions
from fer.data.compressed import Plain
from fer.data.readers.columns import MIN_PIXELS, Columns, TableError
from fer.data.readers.delimited import Record, fields, read_record, records, text
from fer.data.readers.listing import stays_inside
from fer.data.readers.rows import Rows
from fer.data.votes import COLUMNS, VOTES_FILE, read_votes
from fer.errors import UnreadableImageError
from fer.pixels import DARKEST_WHITE, OVERSHOOT

FERPLUS_FILE = "fer2013new.csv"
_CODES = {str(code): label for code, label in enumerate(emotions.FER2013_CODES)}
_OWN_COLUMNS = ("emotion", "pixels")
_OWN_USAGES = frozenset({"publictest", "privatetest"})

_USUAL_PX = 48
_SPACES = bytes.maketrans(b"[]()\"',;|\t\r\n", b" " * 12)
_FLOATS = b"0123456789 .eE+-"
_MINUS = re.compile(rb"(?<![eE])-")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a record is split around its pixels.

    Attributes:
        separator: What stands between fields.
        columns: The columns.
        encoding: As `text_encoding` gives it.
    """

    separator: bytes
    columns: Columns
    encoding: str

    def split(self, content: bytes) -> tuple[list[bytes], bytes]:
        """The fields before and after the pixels, and the text of the pixels.

        Raises:
            ValueError: If there are more or fewer fields than columns.
        """
        names, pixels = self.columns.names, self.columns.pixels
        first, last = min(pixels), max(pixels)
        behind = len(names) - 1 - last
        if b'"' in content or self.separator == b" ":
            found = fields(content, self.separator)
            while len(found) > len(names) and not found[-1].strip():
                found.pop()
            if len(found) != len(names):
                raise ValueError(f"{len(found):,} fields; expected {len(names):,}")
            return found[:first] + found[last + 1 :], b" ".join(found[first : last + 1])
        before = content.split(self.separator, first)
        after = before.pop().rsplit(self.separator, behind) if len(before) > first else []
        if len(after) != behind + 1:
            count = content.count(self.separator) + 1
            raise ValueError(f"{count:,} fields; expected {len(names):,}")
        return before + after[1:], after[0]

    def outside(self, column: int | None) -> int | None:
        """The place of a column among the fields that are not pixels."""
        if column is None or column < min(self.columns.pixels):
            return column
        return column - len(self.columns.pixels)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """How the text of pixels becomes an image.

    Attributes:
        side: Pixels of a side.
        white: The value of white: 255, or 1.
        order: Where each pixel stands in the text; None if they stand in order.
    """

    side: int
    white: int
    order: Sequence[int] | None

    def image(self, block: bytes, name: str) -> np.ndarray:
        """The grey pixels, shape (side, side), uint8.

        Raises:
            UnreadableImageError: If these are other pixels.
        """
        values = _numbers(block, name)
        if len(values) == 3 * self.side**2:
            raise UnreadableImageError(
                f"{name}: {len(values):,} values, as many as {self.side}×{self.side} pixels in "
                "colour have; their order is not certain. Expected grey pixels."
            )
        if len(values) != self.side**2:
            raise UnreadableImageError(
                f"{name}: {len(values):,} pixels; expected {self.side}×{self.side} = "
                f"{self.side**2:,}."
            )
        if values.max() > self.white + (OVERSHOOT if self.white == 1 else 0):
            raise UnreadableImageError(
                f"{name}: the pixel value {values.max():g}; expected 0 to {self.white}."
            )
        if values.dtype != np.int64:
            values = np.rint(np.minimum(values / self.white, 1) * 255)
        if self.order is not None:
            values = values[list(self.order)]
        return values.astype(np.uint8).reshape(self.side, self.side)


def read_pixel_rows(root: Path, file: Path, layout: Layout) -> Rows:
    """The rows of a table of pixels, called `<file>:<line>`.

    FER+'s `fer2013new.csv` beside it gives the votes, row by row.
    """
    columns, name = layout.columns, file.relative_to(root).as_posix()
    label, split, subject = map(layout.outside, (columns.label, columns.split, columns.subject))
    rows: list[tuple[str, ...]] = []
    places: list[tuple[int, int]] = []
    sample: list[bytes] = []
    plain = Plain(file)
    for record in islice(records(plain.path, layout.encoding), int(columns.has_header), None):
        reason, found = "", ["", "", ""]
        try:
            outside, block = layout.split(record.content)
            found = [text(outside[at]) if at is not None else "" for at in (label, split, subject)]
            if len(sample) < 20:
                sample.append(block)
        except ValueError as error:
            reason = str(error)
        where = f"{name}:{record.line}"
        rows.append((where, where, *found, _stamp(record), reason))
        places.append((record.start, record.length))
    table = pd.DataFrame(
        rows, columns=["path", "where", "label", "split", "subject", "stamp", "reason"], dtype=str
    )
    first = min(columns.pixels)
    order = [at - first for at in columns.pixels]
    grid = grid_of(name, sample, None if order == sorted(order) else order)

    def image(row: int) -> np.ndarray:
        content = read_record(plain.path, layout.encoding, *places[row])
        return grid.image(layout.split(content)[1], rows[row][0])

    skipped: list[tuple[str, str]] = []
    if votes := votes_beside(file):
        table = _with_votes(table, votes, file, skipped)
    codes = codes_of(columns, table["split"].unique())
    return Rows(
        name=name,
        kind="FER-2013's CSV" if codes and grid.side == _USUAL_PX else "the table of pixels",
        table=table,
        image=image,
        names=columns.shown,
        split_of_1=columns.split_of_1,
        codes=codes,
        skipped=skipped,
        votes_kind="FER+" if votes and votes.name == FERPLUS_FILE else "crowd",
        one_by_one=bool(codes),
    )


def codes_of(columns: Columns, usages: Iterable[str]) -> dict[str, str]:
    """What numbers mean as labels of a table of pixels: FER-2013's, where it is of that form.

    Its columns are `emotion` and `pixels`, or it has a part called PublicTest or PrivateTest. Other
    tables may number emotions by the alphabet, or as any other data set does.

    Args:
        columns: Of the table.
        usages: The splits of its rows, as written.
    """
    used = [columns.label, *columns.pixels]
    own = tuple(columns.names[at].strip().lower() for at in used if at is not None)
    if own == _OWN_COLUMNS or _OWN_USAGES & {usage.strip().lower() for usage in usages}:
        return _CODES
    return {}


def votes_beside(file: Path) -> Path | None:
    """The file of votes that belongs to a table of pixels, row by row."""
    beside = (file.with_name(name) for name in (FERPLUS_FILE, VOTES_FILE))
    return next((votes for votes in beside if stays_inside(votes.parent, votes)), None)


def check_side_by_side(name: str, columns: Columns) -> None:
    """Check that no other column stands among those of pixels.

    Raises:
        TableError: If one does.
    """
    if max(columns.pixels) - min(columns.pixels) + 1 != len(columns.pixels):
        raise TableError(name, "other columns stand among its columns of pixels", columns.names)


def _stamp(record: Record) -> str:
    return hashlib.blake2b(record.content + b"\n", digest_size=8).hexdigest()


def _numbers(block: bytes, name: str) -> np.ndarray:
    """The numbers of a text, int64 if all are written as whole ones, else float64."""
    plain = block.translate(_SPACES)
    if not (strange := plain.translate(None, b"0123456789 ")):
        return np.fromstring(plain, np.int64, sep=" ") if plain.strip() else np.empty(0, np.int64)
    letter = strange.translate(None, _FLOATS)[:1] or (b"-" if _MINUS.search(plain) else b"")
    try:
        if not letter:
            return np.array(plain.split(), np.float64)
    except ValueError:
        letter = strange[:1]
    shown = letter.decode(errors="replace")
    raise UnreadableImageError(f"{name}: found '{shown}' among the pixels; expected numbers.")


def grid_of(name: str, blocks: Sequence[bytes], order: Sequence[int] | None = None) -> Grid:
    """What the pixels of the first rows of a table have in common.

    Raises:
        TableError: If their scale is none that is known.
    """
    counts: Counter[int] = Counter()
    highest, is_fraction = 0.0, False
    for block in blocks:
        try:
            values = _numbers(block, "")
        except UnreadableImageError:
            continue
        side = math.isqrt(len(values))
        if len(values) >= MIN_PIXELS and side**2 == len(values):
            counts[side] += 1
            highest = max(highest, float(values.max()))
            is_fraction |= bool((values % 1).any())
    return Grid(
        side=counts.most_common(1)[0][0] if counts else _USUAL_PX,
        white=white_of(name, highest, is_fraction=is_fraction),
        order=order,
    )


def white_of(name: str, highest: float, *, is_fraction: bool) -> int:
    """The value of white, 1 or 255, by the highest of a table's pixels.

    Raises:
        TableError: If their scale is none that is known.
    """
    if is_fraction and 1 + OVERSHOOT < highest < DARKEST_WHITE:
        reason = f"its pixels reach {highest:g}. Expected 0 to 1, or 0 to 255; scale them"
        raise TableError(name, reason, expected="")
    return 1 if is_fraction and highest <= 1 + OVERSHOOT else 255


def _with_votes(
    table: pd.DataFrame, file: Path, pixels: Path, skipped: list[tuple[str, str]]
) -> pd.DataFrame:
    votes = read_votes(file)
    if len(votes) >= len(table):
        counts = votes.loc[: len(table) - 1, list(COLUMNS)].reset_index(drop=True)
        return table.assign(**counts.where(counts.sum(axis=1) > 0))
    reason = (
        f"{len(votes):,} rows of votes for {len(table):,} faces; expected the rows of "
        f"'{pixels.name}', in its order. No votes were used"
    )
    skipped.append((file.name, reason))
    return table
