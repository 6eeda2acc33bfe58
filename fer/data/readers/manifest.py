"""A manifest: a CSV or Parquet table `path,label[,split][,subject]` over image files."""

import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fer.data.readers.listing import (
    PARTS,
    File,
    Listing,
    files_signature,
    label_of,
    stat_file,
    stays_inside,
    unknown_classes,
)
from fer.data.votes import VOTES_FILE, read_sidecar
from fer.errors import DatasetError

_COLUMNS = ("path", "label", "split", "subject")


def is_manifest(path: Path) -> bool:
    """Whether the table has the columns `path` and `label`."""
    try:
        if path.suffix.lower() == ".csv":
            names = pd.read_csv(path, nrows=0, skipinitialspace=True).columns
        else:
            names = pq.read_schema(path).names
    except (OSError, ValueError, pa.ArrowException):
        return False
    return {"path", "label"} <= {str(name).strip().lower() for name in names}


class ManifestReader:
    """Image files that a table names, by their paths from its folder."""

    def __init__(self, file: Path, *, custom_classes: bool) -> None:
        self._file = file
        self._root = file.parent
        self._custom = custom_classes

    def signature(self) -> str:
        files = [file for file in self._files(self._rows()["path"]) if isinstance(file, File)]
        beside = [self._file, self._root / VOTES_FILE]
        tables = [stat_file(file) for file in beside if stays_inside(self._root, file)]
        return files_signature(f"manifest {self._custom}", [*tables, *files])

    def listing(self) -> Listing:
        table = self._rows()
        files = self._files(table["path"])
        table["stamp"] = [file.stamp if isinstance(file, File) else "" for file in files]
        table["label"] = table["label"].map(self._labels(table["label"].unique()))
        splits = table["split"].str.lower().map(PARTS)
        reasons = self._reasons(table, files, splits)
        skipped = [
            (f"{self._file.name}:{row + 2} {table['path'].iloc[row]}", reason)
            for row, reason in enumerate(reasons)
            if reason
        ]
        table["split"] = splits.fillna("")
        table = table[[not reason for reason in reasons]].reset_index(drop=True)
        if table.empty:
            first = f" The first row: {skipped[0][1]}." if skipped else ""
            raise DatasetError(f"No row of '{self._file}' can be used.{first}")
        sidecar = self._root / VOTES_FILE
        if stays_inside(self._root, sidecar):
            table = table.merge(read_sidecar(sidecar), on="path", how="left")
        paths = [f"{self._root}/{path}" for path in table["path"]]
        return Listing(
            source_format=f"the manifest '{self._file.name}': {len(table):,} images",
            table=table,
            skipped=tuple(skipped),
            image=paths.__getitem__,
        )

    def _labels(self, names: np.ndarray) -> dict[str, str]:
        """The label of each name; "" for no name."""
        labels = {name: label_of(name, custom_classes=self._custom) for name in names}
        if unknown := sorted(name for name, label in labels.items() if name and not label):
            raise unknown_classes(self._file, unknown)
        return labels

    def _reasons(
        self, table: pd.DataFrame, files: list[File | str], splits: pd.Series
    ) -> list[str]:
        """Why each row is skipped; "" for those that are used."""
        reasons = [file if isinstance(file, str) else "" for file in files]
        unknown_split = splits.isna() & (table["split"] != "")
        for row in np.flatnonzero(table["label"] == ""):
            reasons[row] = reasons[row] or "no label"
        for row in np.flatnonzero(unknown_split):
            reasons[row] = reasons[row] or f"unknown split '{table['split'].iloc[row]}'"
        for row in np.flatnonzero(table["path"].duplicated()):
            reasons[row] = reasons[row] or "named twice; the first row counts"
        return reasons

    def _rows(self) -> pd.DataFrame:
        """`path`, `label`, `split` and `subject` as text, "" where there is none."""
        try:
            if self._file.suffix.lower() == ".csv":
                table = pd.read_csv(
                    self._file, dtype=str, keep_default_na=False, skipinitialspace=True
                )
            else:
                table = pd.read_parquet(self._file)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise DatasetError(f"The manifest '{self._file}' cannot be read: {error}") from None
        table.columns = table.columns.astype(str).str.strip().str.lower()
        if twice := sorted({name for name in _COLUMNS if list(table.columns).count(name) > 1}):
            raise DatasetError(
                f"The manifest '{self._file}' has the column {', '.join(twice)} more than once. "
                "Remove one of each."
            )
        for name in ("split", "subject"):
            if name not in table:
                table[name] = ""
        table = table[list(_COLUMNS)]
        table = table.astype("object").where(table.notna(), "").astype(str)
        table["path"] = table["path"].str.replace("\\", "/", regex=False)
        stripped: pd.DataFrame = table.apply(lambda column: column.str.strip())
        return stripped

    def _files(self, paths: pd.Series) -> list[File | str]:
        """Each file, or the reason why it is skipped."""
        inside: dict[str, bool] = {}
        return [self._stat(path, inside) for path in paths]

    def _stat(self, path: str, inside: dict[str, bool]) -> File | str:
        file = self._root / path
        try:
            status = file.lstat()
            folder = str(file.parent)
            if folder not in inside:
                inside[folder] = self._is_inside(file.parent)
            if not inside[folder] or (stat.S_ISLNK(status.st_mode) and not self._is_inside(file)):
                return "outside the manifest's folder"
            if stat.S_ISLNK(status.st_mode):
                status = file.stat()
            if not stat.S_ISREG(status.st_mode):
                return "not a file"
            return File(path, status.st_size, status.st_mtime_ns)
        except (OSError, ValueError):
            return "no such file"

    def _is_inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._root)
