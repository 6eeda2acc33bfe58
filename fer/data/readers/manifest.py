"""Tables over image files: a path and a label in each row."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from fer.data.readers.columns import Columns, TableError
from fer.data.readers.delimited import fields, records, text
from fer.data.readers.listing import stays_inside
from fer.data.readers.paths import Finder
from fer.data.readers.rows import Rows
from fer.data.votes import COLUMNS, VOTES, VOTES_FILE

RAFDB_FILES = ("list_patition_label.txt", "list_partition_label.txt")
"""RAF-DB's own table, by its own and by the right spelling."""

_RAFDB = dict(
    zip("1234567", ["surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"], strict=True)
)  # Li et al. 2017, README of RAF-DB's basic set
_ALIGNED = "_aligned"  # RAF-DB's faces, which its table names after the photos


class MissingImagesError(TableError):
    """A table none of whose images is there."""

    def __init__(self, root: Path, name: str, names: Sequence[str], first: str) -> None:
        super().__init__(
            name,
            f"none of its images can be used. The first, {first}",
            names,
            expected=f"Its paths are looked for below '{root}'. Put the images there, or add the "
            "folder that holds both the table and the images.",
        )


def delimited_frame(file: Path, columns: Columns, separator: bytes, encoding: str) -> pd.DataFrame:
    """The columns that are used, as text, with the `line` of each row, and maybe its `reason`."""
    places = places_of(columns)
    width = len(columns.names)
    rows = []
    for record in islice(records(file, encoding), int(columns.has_header), None):
        found = fields(record.content, separator)
        while len(found) > width and not found[-1].strip():
            found.pop()
        reason = f"{len(found):,} fields; expected {width:,}" if len(found) != width else ""
        cells = [text(found[at]) if at < len(found) else "" for at in places.values()]
        rows.append((record.line, reason, *cells))
    return pd.DataFrame(rows, columns=["line", "reason", *places])


def read_manifest(root: Path, file: Path, columns: Columns, frame: pd.DataFrame) -> Rows:
    """The rows of a table over image files.

    Args:
        root: The data set's folder.
        file: The table.
        columns: Its columns.
        frame: As `delimited_frame` gives it.

    Raises:
        MissingImagesError: If none of the files is there.
    """
    name = file.relative_to(root).as_posix()
    is_rafdb = file.name.lower() in RAFDB_FILES
    finder = Finder(root, file.parent, ending=_ALIGNED if is_rafdb else "")
    if frame.empty:
        frame = frame.astype({"line": int})
    found = pd.DataFrame(
        map(finder.find, frame["path"]), columns=["path", "stamp", "why"], dtype=str
    )
    where = name + ":" + frame["line"].astype(str) + " " + frame["path"].astype(str)
    labels, why = labels_of(frame, columns)
    reasons = frame["reason"].mask(frame["reason"] == "", found["why"])
    table = pd.DataFrame(
        {
            "path": found["path"],
            "where": where,
            "label": labels,
            "split": _rafdb_splits(frame["path"]) if is_rafdb else frame.get("split", ""),
            "subject": frame.get("subject", ""),
            "stamp": found["stamp"],
            "reason": reasons.mask(reasons == "", why),
        }
    ).astype(str)
    if columns.has_votes:
        counts = frame[[f"share:{vote}" for vote in VOTES]].apply(pd.to_numeric, errors="coerce")
        table[list(COLUMNS)] = counts.to_numpy(np.float32)
    if len(table) and (table["reason"] != "").all():
        raise MissingImagesError(root, name, columns.shown, f"{where[0]}: {table['reason'][0]}")
    paths = [f"{root}/{path}" for path in table["path"]]
    sidecar = file.with_name(VOTES_FILE)
    has_sidecar = sidecar != file and stays_inside(root, sidecar)
    return Rows(
        name=name,
        kind="RAF-DB's table" if is_rafdb else "the manifest",
        table=table,
        image=paths.__getitem__,
        names=columns.shown,
        split_of_1=columns.split_of_1,
        codes=_RAFDB if is_rafdb else {},
        votes_kind="FER+" if columns.has_votes else "crowd",
        votes=[sidecar.relative_to(root).as_posix()] if has_sidecar else [],
    )


def _rafdb_splits(paths: pd.Series) -> pd.Series:
    """The official split, with which RAF-DB's names begin: `train_00001.jpg`."""
    names = paths.astype(str).str.replace("\\", "/").str.rpartition("/")[2]
    return names.str.extract(r"^(train|test)_", expand=False).fillna("")


def labels_of(frame: pd.DataFrame, columns: Columns) -> tuple[pd.Series, pd.Series]:
    """The label of each row as written, and "" or the reason why it has none.

    Of votes, or of columns of 0 and 1, it is the one emotion that has the most.
    """
    if not columns.shares:
        return frame["label"], pd.Series("", index=frame.index)
    names = np.array(list(columns.shares), np.object_)
    shares = frame[[f"share:{name}" for name in names]]
    counts = shares.map(_number_of).apply(pd.to_numeric, errors="coerce")
    values = np.nan_to_num(counts.to_numpy(np.float64))
    most = values.max(axis=1, initial=0)
    is_single = ((values == most[:, None]).sum(axis=1) == 1) & (most > 0)
    best = names[values.argmax(axis=1)] if len(values) else np.array([], np.object_)
    is_face = ~np.isin(best, ("unknown", "not_face"))
    reasons = np.where(is_face, "", "most annotators see no emotion or no face")
    reasons = np.where(is_single, reasons, "no single emotion has the most votes")
    labels = pd.Series(np.where(is_single & is_face, best, ""), index=frame.index, dtype=object)
    return labels, pd.Series(reasons, index=frame.index, dtype=object)


def _number_of(cell: str) -> str:
    return {"true": "1", "false": "0"}.get(cell.strip().lower(), cell)


def places_of(columns: Columns) -> dict[str, int]:
    """The columns that are read as text, by what they hold."""
    one = {
        "path": columns.path,
        "label": columns.label,
        "split": columns.split,
        "subject": columns.subject,
    }
    places = {name: at for name, at in one.items() if at is not None}
    return places | {f"share:{name}": at for name, at in columns.shares.items()}
