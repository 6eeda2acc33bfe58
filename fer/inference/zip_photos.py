"""Photos inside a ZIP archive that is held in memory."""

import io
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NamedTuple

from fer.errors import ImageTooLargeError, UnreadableImageError
from fer.files import is_hidden
from fer.image_formats import HEAD_BYTES, SUFFIXES, why_no_image

MAX_PHOTOS = 1000
MAX_PHOTO_BYTES = 50_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class ZipPhoto:
    """One photo of an archive, unpacked in memory when it is read; `name` is its path inside."""

    name: str
    archive: bytes = field(repr=False)
    entry: zipfile.ZipInfo = field(repr=False)

    def read(self) -> bytes:
        """The photo's file.

        Raises:
            UnreadableImageError: If it is damaged or needs a password.
            ImageTooLargeError: If it is over 50 MB.
        """
        try:
            with (
                zipfile.ZipFile(io.BytesIO(self.archive)) as archive,
                archive.open(self.entry) as file,
            ):
                # The size that the entry states may be wrong.
                photo = file.read(MAX_PHOTO_BYTES + 1)
        except Exception as error:  # noqa: BLE001 - damaged archives raise nearly anything
            raise UnreadableImageError(
                f"'{self.name}' cannot be unpacked ({error}). Make the archive again, without a "
                "password."
            ) from None
        if len(photo) > MAX_PHOTO_BYTES:
            raise ImageTooLargeError(
                f"'{self.name}' is over {MAX_PHOTO_BYTES / 1e6:.0f} MB. Scale it down."
            )
        return photo


class ZipContents(NamedTuple):
    """The photos of an archive, by name; and reason by name of the files that are none."""

    photos: list[ZipPhoto]
    skipped: dict[str, str]


def photos_in_zip(name: str, data: bytes) -> ZipContents:
    """What an archive holds, except hidden files; errors call the archive by `name`.

    Raises:
        UnreadableImageError: If it is damaged or holds no photos.
        ImageTooLargeError: If it holds more than 1,000.
    """
    entries, skipped = [], {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                path = PurePosixPath(entry.filename)
                if entry.is_dir() or any(map(is_hidden, path.parts)):
                    continue
                if reason := _why_no_photo(archive, entry):
                    skipped[entry.filename] = reason
                else:
                    entries.append(entry)
    except Exception as error:  # noqa: BLE001 - damaged archives raise nearly anything
        raise UnreadableImageError(
            f"'{name}' is damaged or not a ZIP archive ({error}). Make it again."
        ) from None
    if not entries:
        listed = ", ".join(f"{path} ({reason})" for path, reason in [*skipped.items()][:3])
        found = f", only {listed}{', …' if len(skipped) > 3 else ''}" if skipped else ""
        raise UnreadableImageError(f"'{name}' holds no photos{found}. Put photos into it.")
    if len(entries) > MAX_PHOTOS:
        raise ImageTooLargeError(
            f"'{name}' holds {len(entries):,} photos; at most {MAX_PHOTOS:,} can be shown. For "
            "more, use: python -m fer predict FOLDER --csv FILE"
        )
    entries.sort(key=lambda entry: entry.filename)
    photos = [ZipPhoto(name=entry.filename, archive=data, entry=entry) for entry in entries]
    return ZipContents(photos, skipped)


def _why_no_photo(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    if PurePosixPath(entry.filename).suffix.lower() in SUFFIXES:
        return ""  # reading it tells
    try:
        with archive.open(entry) as file:
            return why_no_image(entry.filename, file.read(HEAD_BYTES))
    except Exception as error:  # noqa: BLE001 - as above
        return f"not readable ({error})"
