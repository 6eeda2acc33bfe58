"""What the columns of a table mean, by their names and, where these are unknown, by what they hold.

Used for every kind of table: the caller gives the names and a few rows as text.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from fer.data.classes import Classes
from fer.data.parts import part_of
from fer.data.votes import VOTES, vote_name
from fer.errors import DatasetError
from fer.image_formats import SUFFIXES
from fer.pixels import MIN_SIDE_PX

PATHS = (
    "path", "image_path", "img_path", "file_path", "filepath", "subdirectory_filepath", "pth",
    "image", "img", "file", "filename", "file_name", "image_name", "img_name", "imagename",
    "image_file", "picture", "photo", "image_url", "img_url", "url", "paths", "image_paths",
    "filepaths", "file_paths", "filenames", "file_names", "image_names",
    "image_id", "name", "id",
)  # fmt: skip
LABELS = (
    "label", "emotion", "class", "expression", "expr", "label_name", "class_name", "emotion_name",
    "emotion_label", "facial_expression", "labels", "emotions", "classes", "category", "target",
    "sentiment", "y", "y_true", "gt", "ground_truth", "truth", "annotation", "feeling", "mood",
    "affect", "emo", "exp", "emotion_id", "emotion_code", "expression_id", "label_id", "class_id",
)  # fmt: skip
SPLITS = ("split", "usage", "part", "partition", "subset", "set")
SUBJECTS = ("subject", "subject_id", "person", "person_id", "identity", "actor")
PIXELS = ("pixels", "pixel", "pixel_values", "image_pixels")

_LONGEST_SHOWN = 40  # of a column's name
MIN_PIXELS = MIN_SIDE_PX**2
ENCODED = re.compile(
    r"(?:data:image/[\w.+-]+;base64,)?(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR)[\w+/=\s]{40}"
)
"""How an image file in base64 begins: PNG, JPEG, GIF or WebP."""
_PIXEL_LIST = re.compile(r"[\d\s.,;eE+\-\[\]()]+")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
_SHARE = re.compile(rf"{_NUMBER.pattern}|true|false", re.IGNORECASE)
_FLAG = re.compile(r"[01](?:\.0*)?|true|false|yes|no", re.IGNORECASE)
_PIXEL_NAME = re.compile(r"(?:pixels?|pix|px|p|x|feature|f)?[ _.-]*(\d+)")
_GRID_NAME = re.compile(r"(?:pixels?|px|p)?_?\d+[x_]\d+")
_EXPECTED = (
    "Expected the columns emotion,pixels,Usage as fer2013.csv has them, or path,label (and, if you "
    "like, split and subject) with the path of each image."
)


class TableError(DatasetError):
    """A table that is no table of faces.

    Attributes:
        reason: Why not, as the end of a sentence.
        is_meant: Whether it looks like a table of faces that something is wrong with.
    """

    def __init__(
        self,
        name: str,
        reason: str,
        names: Sequence[str] = (),
        *,
        is_meant: bool = True,
        expected: str = _EXPECTED,
    ) -> None:
        self.reason, self.is_meant = f"{reason}{_listed(names)}", is_meant
        text = f"The table '{name}' cannot be used: {self.reason.removesuffix('.')}. {expected}"
        super().__init__(text.strip())


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The places of the columns that are used.

    Attributes:
        names: Of all columns, as the table writes them; numbers, from 1, without a header.
        has_header: Whether the first row holds the names.
        label: The class; None where it comes from `shares`.
        shares: The columns of votes, or of 0 and 1, by the emotion that each stands for.
        pixels: The columns of pixels, in their order; a single one holds a list.
        encoded: The column of image files as text, in base64.
        path: The image file.
        split: The split.
        split_of_1: The split that a 1 means where the column holds 0 and 1, as `is_train` does.
        subject: The person.
    """

    names: tuple[str, ...]
    has_header: bool = True
    label: int | None = None
    shares: dict[str, int] = field(default_factory=dict)
    pixels: tuple[int, ...] = ()
    encoded: int | None = None
    path: int | None = None
    split: int | None = None
    split_of_1: str = ""
    subject: int | None = None

    @property
    def shown(self) -> tuple[str, ...]:
        """The names, for errors; none without a header."""
        return self.names if self.has_header else ()

    @property
    def has_votes(self) -> bool:
        """Whether the shares are the ten votes of FER+."""
        return set(VOTES) <= set(self.shares)


def recognise(
    name: str,
    header: Sequence[str] | None,
    rows: Sequence[Sequence[str]],
    classes: Classes,
    *,
    images: Sequence[int] = (),
) -> Columns:
    """Find the columns of a table.

    Args:
        name: The table's, for errors.
        header: The names of the columns; None if the first row may hold them.
        rows: A few rows.
        classes: What the names of classes mean.
        images: Columns that are known to hold images.

    Raises:
        TableError: If a label or the image of a face lacks.
    """
    names, body, has_header = _header(rows) if header is None else (tuple(header), rows, True)
    plain = [re.sub(r"[^a-z0-9]+", "_", one.casefold()).strip("_") for one in names]
    cells = [[row[at].strip() for row in body if at < len(row)] for at in range(len(names))]
    if {"model", "detector"} <= set(plain):
        raise TableError(name, "it holds a model's answers, which are no labels", is_meant=False)
    found = Columns(names=names, has_header=has_header)
    encoded = _only(at for at, one in enumerate(cells) if one and all(map(ENCODED.match, one)))
    images = [*images, *([] if encoded is None else [encoded])]
    pixels = _pixels(plain, cells) if not images else ()
    taken = {*pixels, *images}
    path = None if taken else _path(plain, cells)
    taken |= {path} if path is not None else set()
    split = _by_name(plain, SPLITS, taken)
    if split is None:
        split = _only(at for at in range(len(names)) if at not in taken and _are_parts(cells[at]))
    split_of_1 = ""
    if split is None and (flags := _split_flags(plain, cells, taken)):
        if len(flags) > 1:
            reason = f"several columns mark its parts: {', '.join(names[at] for at in flags)}"
            advice = "Put the part of each row into one column, 'split': train, validation or test."
            raise TableError(name, reason, expected=advice)
        [(split, split_of_1)] = flags.items()
    subject = _by_name(plain, SUBJECTS, taken)
    taken |= {at for at in (split, subject) if at is not None}
    label = _label(plain, cells, taken, classes, is_named=has_header)
    found = replace(
        found, pixels=pixels, encoded=encoded, path=path, split=split, split_of_1=split_of_1,
        subject=subject, label=label,
        shares={} if label is not None else _shares(names, cells, taken, classes, has_header),
    )  # fmt: skip
    used = [at for at in (path, split, subject, label) if at is not None and has_header]
    if twice := [names[at] for at in used if plain.count(plain[at]) > 1]:
        reason = f"it has the column {', '.join(twice)} more than once. Remove one of each"
        raise TableError(name, reason, names)
    has_image = bool(pixels or images or path is not None)
    has_label = label is not None or bool(found.shares)
    if has_image and has_label:
        return found
    if has_image:
        what = "file names" if path is not None else "pixels"
        reason = f"it has {what}, but no labels"
    elif has_label:
        reason = "no column holds pixels or names image files"
    else:
        reason = "it holds neither labels nor images"
    shown = names if has_header else ()
    raise TableError(name, reason, shown, is_meant=has_image or (has_label and has_header))


def is_pixel_list(cell: str) -> bool:
    """Whether a text is a list of numbers, as many as the smallest face has pixels."""
    return (
        len(cell) >= 2 * MIN_PIXELS - 1
        and _PIXEL_LIST.fullmatch(cell) is not None
        and len(re.findall(r"\d+", cell)) >= MIN_PIXELS
    )


def _header(
    rows: Sequence[Sequence[str]],
) -> tuple[tuple[str, ...], Sequence[Sequence[str]], bool]:
    """The names of the columns, the rows below, and whether the first row holds the names."""
    first = [cell.strip() for cell in rows[0]] if rows else []
    known = {*PATHS, *LABELS, *PIXELS}
    is_header = any(re.sub(r"[^a-z0-9]+", "_", one.casefold()) in known for one in first)
    if is_header or not any(_is_data(cell) for cell in first):
        return tuple(first), rows[1:], True
    width = max(map(len, rows), default=0)
    return tuple(str(at + 1) for at in range(width)), rows, False


def _is_data(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell)) or is_pixel_list(cell) or _is_file(cell)


def _is_file(cell: str) -> bool:
    return cell[cell.rfind(".") :].lower() in SUFFIXES


def _pixels(plain: Sequence[str], cells: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """The columns of pixels, in their order."""
    lists = [at for at, column in enumerate(cells) if column and is_pixel_list(column[0])]
    if lists:
        return tuple(lists[:1])
    if (named := _by_name(plain, PIXELS, set())) is not None:
        return (named,)
    grid = [at for at, name in enumerate(plain) if _GRID_NAME.fullmatch(name)]
    if len(grid) >= MIN_PIXELS:
        return tuple(grid)
    numbered = {
        at: int(m[1]) for at, name in enumerate(plain) if (m := _PIXEL_NAME.fullmatch(name))
    }
    if len(numbered) < MIN_PIXELS:
        return ()
    order = sorted(numbered, key=numbered.__getitem__)
    numeric = [at for at in order if cells[at] and _NUMBER.fullmatch(cells[at][0])]
    if math.isqrt(len(numeric) - 1) ** 2 == len(numeric) - 1:  # without a header: pixels and codes
        ends = [at for at in (numeric[0], numeric[-1]) if _are_codes(cells[at])]
        numeric = [at for at in numeric if at != (ends or numeric)[0]]
    return tuple(numeric)


def _path(plain: Sequence[str], cells: Sequence[Sequence[str]]) -> int | None:
    files = [at for at, column in enumerate(cells) if column and all(map(_is_file, column))]
    named = _by_name(plain, PATHS, set())
    if named is not None and (named in files or not files):
        return named
    return files[0] if files else None


def _by_name(plain: Sequence[str], known: Sequence[str], taken: set[int]) -> int | None:
    return next(
        (plain.index(one) for one in known if one in plain and plain.index(one) not in taken), None
    )


def _label(
    plain: Sequence[str],
    cells: Sequence[Sequence[str]],
    taken: set[int],
    classes: Classes,
    *,
    is_named: bool,
) -> int | None:
    """The column of labels; one of names goes before one of numbers."""
    free = [at for at in range(len(plain)) if at not in taken]
    understood = replace(classes, keep_unknown=False)
    meaning = [
        at for at in free if cells[at] and all(map(understood.label_of, filter(None, cells[at])))
    ]
    words = [at for at in meaning if any(not _NUMBER.fullmatch(cell) for cell in cells[at] if cell)]
    named = [plain.index(one) for one in LABELS if one in plain and plain.index(one) in free]
    if named and (in_words := next((at for at in named if at in words), None)) is not None:
        return in_words
    if named:
        beside = _only(words) if _are_codes(cells[named[0]]) else None
        return named[0] if beside is None else beside
    if is_named or words:
        return _only(words)
    return _only(at for at in free if _are_codes(cells[at]))


def _shares(
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    taken: set[int],
    classes: Classes,
    has_header: bool,
) -> dict[str, int]:
    """The columns of votes, or of 0 and 1 (one-hot), by emotion."""
    if not has_header:  # FER+'s label.csv: file, box, ten votes
        last = range(len(names) - len(VOTES), len(names))
        is_ferplus = last.start == 2 and all(_are_codes(cells[at]) for at in last)
        return dict(zip(VOTES, last, strict=True)) if is_ferplus else {}
    votes = {vote_name(name): at for at, name in enumerate(names) if at not in taken}
    if set(VOTES) <= set(votes):
        return {name: votes[name] for name in VOTES}
    understood = replace(classes, keep_unknown=False)
    ones = {
        understood.label_of(name): at
        for at, name in enumerate(names)
        if at not in taken and cells[at] and all(_SHARE.fullmatch(cell) for cell in cells[at])
    }
    ones.pop("", None)
    return dict(sorted(ones.items())) if len(ones) > 1 else {}


def _are_codes(column: Sequence[str]) -> bool:
    return bool(column) and all(re.fullmatch(r"\d{1,2}(?:\.0*)?", cell) for cell in column)


def _are_parts(column: Sequence[str]) -> bool:
    return bool(column) and all(map(part_of, column))


def _split_flags(
    plain: Sequence[str], cells: Sequence[Sequence[str]], taken: set[int]
) -> dict[int, str]:
    """The columns of 0 and 1 that mark a part, such as `is_train`, and that part."""
    flags = {
        at: part_of(one.removeprefix("is_"))
        for at, one in enumerate(plain)
        if at not in taken and cells[at] and all(map(_FLAG.fullmatch, cells[at]))
    }
    return {at: part for at, part in flags.items() if part}


def _only(places: Iterable[int]) -> int | None:
    found = list(places)
    return found[0] if len(found) == 1 else None


def _listed(names: Sequence[str]) -> str:
    if not names:
        return ""
    plain = ["".join(one if one.isprintable() else "�" for one in name) for name in names[:12]]
    cut = [name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…" for name in plain]
    shown = ", ".join(f"'{name}'" if "," in name or not name else name for name in cut)
    more = f" and {len(names) - 12:,} more" if len(names) > 12 else ""
    return f" (its columns are {shown}{more})"
