"""Readers, one for each layout of files, and the choice among them."""

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from fer.data.classes import Classes, UnknownClassesError
from fer.data.readers.columns import TableError
from fer.data.readers.folders import folder_reader
from fer.data.readers.listing import Listing, Reader, scan, signature_of, stays_inside
from fer.data.readers.manifest import MissingImagesError
from fer.data.readers.rows import Opened, listing_of
from fer.data.readers.tables import (
    Refused,
    chosen,
    has_class_folders,
    open_all,
    open_table,
    tables_below,
    tables_in,
)
from fer.errors import DatasetError
from fer.files import is_folder
from fer.image_formats import SUFFIXES

__all__ = ["Listing", "MissingImagesError", "Reader", "TableError", "open_reader", "open_table"]


def open_reader(path: Path, classes: Classes) -> Reader:
    """The reader of a folder or file.

    A folder is read by the tables in it, then by its class folders, then by the tables in folders
    below.

    Args:
        path: A folder of class folders, a table, or a folder with tables; absolute.
        classes: What the names of its classes mean.

    Raises:
        DatasetError: If it is none of these, or cannot be read.
    """
    if not is_folder(path):
        table = open_table(path.parent, path, classes)
        return _tables_reader(path.parent, [table], [], classes, is_whole=False)
    try:
        opened, refused = _opened(path, tables_in(path), classes)
        if not opened:
            opened, more = _opened(path, tables_below(path, classes), classes)
            refused += more
        beside = bool(opened) and has_class_folders(path, classes)
    except OSError as error:
        raise DatasetError(f"The folder '{path}' cannot be read: {error.strerror}.") from None
    if opened:
        reader = _tables_reader(path, opened, refused, classes)
        return _or_class_folders(reader, folder_reader(path, classes), opened) if beside else reader
    reader = folder_reader(path, classes)
    return reader._replace(listing=_beside_tables(reader.listing, refused)) if refused else reader


def _opened(root: Path, files: Sequence[Path], classes: Classes) -> tuple[list[Opened], Refused]:
    return open_all(root, [file for file in files if stays_inside(root, file)], classes)


def _tables_reader(
    root: Path,
    opened: Sequence[Opened],
    refused: Refused,
    classes: Classes,
    *,
    is_whole: bool = True,
) -> Reader:
    """The reader of tables; of a whole folder, it also lists the images that none of them names."""
    used, others = chosen(opened)
    skipped = [(name, error.reason) for name, error in refused]
    first = used[0][0].name
    skipped += [(one.name, f"not read, because '{first}' is enough") for one in others]
    what = f"tables 3 {classes.identity} {[split for _, split in used]} {skipped}"
    files = [file for one, _ in used for file in one.files]

    def listing() -> Listing:
        parts = [(one.rows(), split) for one, split in used]
        found = listing_of(root, parts, classes, skipped)
        if not is_whole:
            return found
        named = {path for rows, _ in parts for path in rows.table["path"]}
        unnamed = [(path, "no table that is read names it") for path in _images(root, named)]
        return replace(found, skipped=(*found.skipped, *unnamed))

    return Reader(signature_of(what, files), listing)


def _or_class_folders(tables: Reader, folders: Reader, opened: Sequence[Opened]) -> Reader:
    """Tables, or the class folders beside them where the tables' own classes mean nothing."""

    def read() -> Listing:
        try:
            return tables.listing()
        except UnknownClassesError as unknown:
            try:
                found = folders.listing()
            except DatasetError:
                raise unknown from None
        reason = "the meaning of its classes is not known, and the class folders are enough"
        reasons = dict(found.skipped) | {one.name: reason for one in opened}
        return replace(found, skipped=tuple(reasons.items()))

    return Reader(f"{tables.signature}{folders.signature}", read)


def _images(root: Path, named: Container[str]) -> list[str]:
    """The image files below a folder, but for those that are named."""
    return [
        path
        for folder, lines in scan(root, "").folders
        for line in lines
        if (path := folder + line.partition("\0")[0]) not in named
        and PurePath(path).suffix.lower() in SUFFIXES
    ]


def _beside_tables(listing: Callable[[], Listing], refused: Refused) -> Callable[[], Listing]:
    """Class folders with tables beside them that cannot be used."""

    def read() -> Listing:
        try:
            found = listing()
        except DatasetError as error:
            meant = [one for _, one in refused if one.is_meant]
            if isinstance(error, UnknownClassesError) and not meant:
                raise
            raise (meant or [one for _, one in refused])[0] from None
        reasons = dict(found.skipped) | {name: error.reason for name, error in refused}
        return replace(found, skipped=tuple(reasons.items()))

    return read
