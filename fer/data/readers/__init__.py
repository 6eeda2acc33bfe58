"""Readers, one for each layout of files, and the choice among them."""

from pathlib import Path

from fer.data.classes import Classes
from fer.data.readers.fer_csv import fer_csv_reader
from fer.data.readers.folders import folder_reader
from fer.data.readers.listing import Listing, Reader, stays_inside
from fer.data.readers.manifest import manifest_reader
from fer.errors import DatasetError

__all__ = ["Listing", "Reader", "open_reader"]

_TABLES = frozenset({".csv", ".parquet", ".pq"})


def open_reader(path: Path, classes: Classes) -> Reader:
    """The reader of a folder or file.

    Args:
        path: A folder of class folders, `fer2013.csv` or `icml_face_data.csv`, a manifest, or a
            folder that holds one of these two; absolute.
        classes: What the names of its classes mean.

    Raises:
        DatasetError: If it is none of these, or cannot be read.
    """
    root = path if path.is_dir() else path.parent
    try:
        tables = sorted(path.iterdir()) if path.is_dir() else [path]
    except OSError as error:
        raise DatasetError(f"The folder '{path}' cannot be read: {error.strerror}.") from None
    for table in tables:
        if table.suffix.lower() in _TABLES and stays_inside(root, table):
            reader = fer_csv_reader(table, classes) or manifest_reader(table, classes)
            if reader:
                return reader
    if path.is_dir():
        return folder_reader(path, classes)
    raise DatasetError(
        f"'{path}' is not a data set. Expected a folder of class folders, a CSV with the columns "
        "emotion,pixels,Usage as fer2013.csv has them, a CSV or Parquet manifest with the "
        "columns path,label, or a .zip or .tar of one of these."
    )
