"""Photos inside an uploaded ZIP archive."""

import io
import zipfile
from functools import partial
from pathlib import PurePosixPath

from fer.errors import ImageTooLargeError, UnreadableImageError
from fer.images import SUFFIXES
from pages.predict.analysis import Photo

MAX_PHOTOS = 1000
MAX_PHOTO_BYTES = 50_000_000


def photos_in_zip(name: str, key: str, data: bytes) -> list[Photo]:
    """The pictures of an archive, by name; each is unpacked when it is looked at, in memory.

    Args:
        name: What to call the archive.
        key: Different for every upload of a session.
        data: The archive.

    Raises:
        UnreadableImageError: If it is damaged, locked or holds no pictures.
        ImageTooLargeError: If it holds more than 1,000.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if _is_picture(entry)]
    except Exception as error:  # noqa: BLE001 - damaged archives raise nearly anything
        raise UnreadableImageError(
            f"'{name}' is damaged or no ZIP archive ({error}). Make it again."
        ) from None
    if not entries:
        raise UnreadableImageError(f"'{name}' holds no pictures. Put JPEG or PNG files into it.")
    if len(entries) > MAX_PHOTOS:
        raise ImageTooLargeError(
            f"'{name}' holds {len(entries):,} pictures; at most {MAX_PHOTOS:,} can be shown. For "
            "more, use: python -m fer predict FOLDER --csv FILE"
        )
    return [
        Photo(
            name=entry.filename,
            key=f"{key} {entry.filename} {entry.header_offset}",
            read=partial(_read, data, entry),
        )
        for entry in sorted(entries, key=lambda entry: entry.filename)
    ]


def _is_picture(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not entry.is_dir() and not hidden and path.suffix.lower() in SUFFIXES


def _read(data: bytes, entry: zipfile.ZipInfo) -> bytes:
    try:
        with (
            zipfile.ZipFile(io.BytesIO(data)) as archive,
            archive.open(entry) as file,
        ):
            picture = file.read(MAX_PHOTO_BYTES + 1)  # what the entry claims may be a lie
    except Exception as error:  # noqa: BLE001 - damaged archives raise nearly anything
        raise UnreadableImageError(
            f"'{entry.filename}' cannot be unpacked ({error}). Make the archive again, without a "
            "password."
        ) from None
    if len(picture) > MAX_PHOTO_BYTES:
        raise ImageTooLargeError(
            f"'{entry.filename}' has over {MAX_PHOTO_BYTES / 1e6:.0f} MB. Scale it down."
        )
    return picture
