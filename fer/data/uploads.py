"""Data sets that arrive as one uploaded file."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from functools import partial
from io import BufferedIOBase
from pathlib import Path, PurePath

from fer.data.archives import VERSION, is_archive, new_folder, unpack, unpacked_folder
from fer.data.classes import USUAL, UnknownClassesError
from fer.data.dataset import Dataset
from fer.data.loading import add
from fer.data.readers import MissingImagesError, TableError, open_table
from fer.data.registry import registered
from fer.errors import DatasetError
from fer.people import Action, require
from fer.progress import Progress

MAX_BYTES = 1_000_000_000
"""Bytes of an upload."""

MAX_UNPACKED_BYTES = 10 * MAX_BYTES


def add_upload(
    content: BufferedIOBase,
    *,
    name: str,
    file_name: str = "upload",
    classes: Mapping[str, str | None] | None = None,
    custom_classes: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Keep an uploaded archive, or a table or arrays with pixels, under a name.

    Its content decides what it is, not its file name. The same content is stored once.

    Args:
        content: The file, which can be read from any position.
        name: The name of the data set.
        file_name: What the file was called, for errors.
        classes: As for `load_dataset`, like `custom_classes` and `progress`.

    Raises:
        DatasetError: If it is too large or not a data set, or the name is impossible or taken.
            Nothing is kept.
    """
    require(Action.MANAGE_DATA)
    if content.seek(0, os.SEEK_END) > MAX_BYTES:
        raise DatasetError(
            f"The upload has more than {MAX_BYTES / 1e6:,.0f} MB. Put the data set on the machine "
            "that runs this app, and add it by its path."
        )
    content.seek(0)
    hashed = partial(hashlib.blake2b, digest_size=8, person=VERSION)
    digest = hashlib.file_digest(content, hashed).hexdigest()
    place = unpacked_folder() / f"upload-{digest}"
    if is_new := not place.exists():
        with new_folder(place) as folder:
            upload = folder.with_name("file") / (PurePath(file_name).name or "upload")
            upload.parent.mkdir()
            content.seek(0)
            with upload.open("wb") as kept:
                shutil.copyfileobj(content, kept)
            if is_archive(upload):
                unpack(upload, folder, max_bytes=MAX_UNPACKED_BYTES, progress=progress)
            else:
                _check_table(upload.rename(folder / _kept_name(file_name)), file_name)
    files = list(place.iterdir())
    source = files[0] if len(files) == 1 and files[0].is_file() else place
    try:
        return add(
            source, name=name, classes=classes, custom_classes=custom_classes, progress=progress
        )
    except DatasetError as error:
        text = str(error).replace(str(source), file_name).replace(str(place), file_name)
        others = [one.path for one in registered() if one.path is not None]
        if is_new and not any(path.is_relative_to(place) for path in others):
            shutil.rmtree(place, ignore_errors=True)
        if isinstance(error, UnknownClassesError):
            raise error.named(file_name) from error
        raise DatasetError(text) from error


def _kept_name(file_name: str) -> str:
    name = PurePath(file_name).name
    return "upload" if name.startswith(".") else name or "upload"


def _check_table(file: Path, file_name: str) -> None:
    """Check that an upload is a table that needs no other files.

    Raises:
        DatasetError: If it is something else.
    """
    try:
        open_table(file.parent, file, USUAL)
    except MissingImagesError:
        raise DatasetError(
            f"'{file_name}' names image files, which were not uploaded with it. Pack it into a "
            ".zip together with the images, and upload that."
        ) from None
    except TableError as error:
        if error.is_meant:
            raise
        raise DatasetError(
            f"'{file_name}' is neither a ZIP or TAR archive nor a table with pixels: "
            f"{error.reason}. Pack the data set's folder into a .zip and upload that."
        ) from None
