"""Photos inside a ZIP archive that is held in memory."""

import io
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from fer.errors import ImageTooLargeError, UnreadableImageError
from fer.images import SUFFIXES

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


def photos_in_zip(name: str, data: bytes) -> list[ZipPhoto]:
    """The photos of an archive, sorted by name; errors call the archive by `name`.

    Raises:
        UnreadableImageError: If it is damaged or holds no photos.
        ImageTooLargeError: If it holds more than 1,000.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if _is_photo(entry)]
    except Exception as error:  # noqa: BLE001 - damaged archives raise nearly anything
        raise UnreadableImageError(
            f"'{name}' is damaged or not a ZIP archive ({error}). Make it again."
        ) from None
    if not entries:
        raise UnreadableImageError(f"'{name}' holds no photos. Put JPEG or PNG files into it.")
    if len(entries) > MAX_PHOTOS:
        raise ImageTooLargeError(
            f"'{name}' holds {len(entries):,} photos; at most {MAX_PHOTOS:,} can be shown. For "
            "more, use: python -m fer predict FOLDER --csv FILE"
        )
    entries.sort(key=lambda entry: entry.filename)
    return [ZipPhoto(name=entry.filename, archive=data, entry=entry) for entry in entries]


def _is_photo(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not entry.is_dir() and not hidden and path.suffix.lower() in SUFFIXES
