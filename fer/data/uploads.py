"""Data sets that arrive as one uploaded file."""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from fer.data.archives import is_archive, put_in_place, unpack, unpacked_folder
from fer.data.dataset import Dataset
from fer.data.loading import add
from fer.data.readers import open_reader
from fer.data.registry import registered
from fer.errors import DatasetError
from fer.files import writing
from fer.progress import Progress

MAX_BYTES = 1_000_000_000
"""Bytes of an upload."""

MAX_UNPACKED_BYTES = 10 * MAX_BYTES
_CHUNK = 1 << 20


def add_upload(
    content: BinaryIO,
    *,
    name: str,
    custom_classes: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Keep an uploaded archive or `fer2013.csv` under a name.

    Its content decides what it is, not its file name. The same content is stored once.

    Args:
        content: The file.
        name: The name of the data set.
        custom_classes: As for `load_dataset`, like `progress`.

    Raises:
        DatasetError: If it is too large or not a data set, or the name is impossible or taken.
            Nothing is kept.
    """
    digest = hashlib.blake2b(digest_size=8)
    with writing(unpacked_folder(), DatasetError), _beside() as beside:
        file = Path(beside) / "upload"
        with file.open("wb") as kept:
            while chunk := content.read(_CHUNK):
                if kept.tell() + len(chunk) > MAX_BYTES:
                    raise DatasetError(
                        f"The upload has more than {MAX_BYTES / 1e6:,.0f} MB. Put the data set on "
                        "the machine that runs this app, and add it by its path."
                    )
                digest.update(chunk)
                kept.write(chunk)
        place = unpacked_folder() / f"upload-{digest.hexdigest()}"
        is_new = not place.exists()
        if is_new and is_archive(file):
            unpack(file, place, max_bytes=MAX_UNPACKED_BYTES, progress=progress)
        elif is_new:
            (Path(beside) / "whole").mkdir()
            _check_table(file.rename(Path(beside) / "whole" / "fer2013.csv"))
            put_in_place(Path(beside) / "whole", place)
    try:
        return add(place, name=name, custom_classes=custom_classes, progress=progress)
    except DatasetError:
        if is_new and all(source.path != place for source in registered()):
            shutil.rmtree(place, ignore_errors=True)
        raise


def _beside() -> tempfile.TemporaryDirectory[str]:
    unpacked_folder().mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=unpacked_folder(), prefix=".upload-")


def _check_table(file: Path) -> None:
    try:
        open_reader(file, custom_classes=False)
    except DatasetError:
        raise DatasetError(
            "The file is neither a ZIP or TAR archive nor a CSV with the columns emotion,pixels. "
            "Pack the data set's folder into a .zip and upload that."
        ) from None
