"""A manifest: a CSV or Parquet table `path,label[,split][,subject]` over image files."""

import stat
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fer.data.classes import LEFT_OUT, Classes, unknown_classes
from fer.data.readers.listing import (
    PARTS,
    Listing,
    Reader,
    signature,
    stamp,
    stays_inside,
)
from fer.data.votes import VOTES_FILE, add_votes, with_votes
from fer.errors import DatasetError

_COLUMNS = ("path", "label", "split", "subject")


def manifest_reader(file: Path, classes: Classes) -> Reader | None:
    """Image files that a table names, by their paths from its folder.

    None for a table without the columns `path` and `label`.
    """
    try:
        if file.suffix.lower() == ".csv":
            names = pd.read_csv(file, nrows=0, skipinitialspace=True).columns
        else:
            names = pq.read_schema(file).names
    except (OSError, ValueError, pa.ArrowException):
        return None
    if not {"path", "label"} <= {str(name).strip().lower() for name in names}:
        return None
    table = _read(file)
    table = table.join(_files(file.parent, table["path"]))
    sidecars = [VOTES_FILE] if stays_inside(file.parent, file.with_name(VOTES_FILE)) else []
    images = table.loc[table["reason"] == "", ["path", "stamp"]].itertuples(index=False)
    tables = [file, *map(file.with_name, sidecars)]
    return Reader(
        signature(f"manifest {classes.identity}", tables, images),
        partial(_listing, file, table, sidecars, classes),
    )


def _read(file: Path) -> pd.DataFrame:
    """`path`, `label`, `split` and `subject` as text, "" where there is none."""
    try:
        if file.suffix.lower() == ".csv":
            table = pd.read_csv(file, dtype=str, keep_default_na=False, skipinitialspace=True)
        else:
            table = pd.read_parquet(file)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DatasetError(f"The manifest '{file}' cannot be read: {error}") from None
    table.columns = table.columns.astype(str).str.strip().str.lower()
    if twice := sorted({name for name in _COLUMNS if list(table.columns).count(name) > 1}):
        raise DatasetError(
            f"The manifest '{file}' has the column {', '.join(twice)} more than once. "
            "Remove one of each."
        )
    present = [name for name in _COLUMNS if name in table]
    table = table[present].reindex(columns=list(_COLUMNS))
    table = table.astype("object").where(table.notna(), "").astype(str)
    table["path"] = table["path"].str.replace("\\", "/", regex=False)
    stripped: pd.DataFrame = table.apply(lambda column: column.str.strip())
    return stripped.reset_index(drop=True)  # Parquet keeps any index


def _files(root: Path, paths: pd.Series) -> pd.DataFrame:
    """The `stamp` of each file, or the `reason` why it is skipped."""

    @cache
    def is_inside(path: Path) -> bool:
        return path.resolve().is_relative_to(root)

    def examine(path: str) -> tuple[str, str]:
        file = root / path
        try:
            status = file.lstat()
            is_link = stat.S_ISLNK(status.st_mode)
            if not is_inside(file.parent) or (is_link and not is_inside(file)):
                return "", "outside the manifest's folder"
            if is_link:
                status = file.stat()
            if not stat.S_ISREG(status.st_mode):
                return "", "not a file"
            return stamp(status), ""
        except (OSError, ValueError):
            return "", "no such file"

    return pd.DataFrame(map(examine, paths), columns=["stamp", "reason"], dtype=str)


def _listing(file: Path, table: pd.DataFrame, sidecars: Sequence[str], classes: Classes) -> Listing:
    names = table["label"].unique()
    labels = {name: classes.label_of(name) for name in names}
    left_out = [name for name in names if classes.leaves_out(name)]
    is_unknown = (table["label"].map(labels) == "") & ~table["label"].isin(["", *left_out])
    if is_unknown.any():
        unknown = table[is_unknown]
        paths = [f"{file.parent}/{path}" for path in unknown["path"]]
        raise unknown_classes(file, unknown["label"].tolist(), paths.__getitem__)
    splits = table["split"].str.lower().map(PARTS)
    reasons = table["reason"]
    for reason, applies in (
        ("no label", table["label"] == ""),
        (LEFT_OUT, table["label"].isin(left_out)),
        ("unknown split '" + table["split"] + "'", splits.isna() & (table["split"] != "")),
        ("named twice; the first row counts", table["path"].duplicated()),
    ):
        reasons = reasons.mask(applies & (reasons == ""), reason)
    skipped = [
        (f"{file.name}:{row + 2} {path}", reason)
        for row, (path, reason) in enumerate(zip(table["path"], reasons, strict=True))
        if reason
    ]
    table = table.assign(label=table["label"].map(labels), split=splits.fillna(""))
    table = table[reasons == ""].drop(columns="reason").reset_index(drop=True)
    if table.empty:
        first = f" The first row: {skipped[0][1]}." if skipped else ""
        raise DatasetError(f"No row of '{file}' can be used.{first}")
    table = add_votes(table, file.parent, sidecars, skipped)
    paths = [f"{file.parent}/{path}" for path in table["path"]]
    return Listing(
        source_format=f"the manifest '{file.name}': {len(table):,} images{with_votes(table)}",
        table=table,
        skipped=tuple(skipped),
        image=paths.__getitem__,
    )
