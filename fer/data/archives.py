"""Archives, unpacked so that nothing gets out of the folder and nothing stays when it fails."""

import hashlib
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from fer import settings
from fer.errors import DatasetError
from fer.images import SUFFIXES

MAX_FILES = 2_000_000
MAX_BYTES = 50_000_000_000
_WANTED = SUFFIXES | {".csv", ".parquet", ".pq"}
_CHUNK = 1 << 20

Member = tuple[str, int, "IO[bytes] | None"]


def is_archive(file: Path) -> bool:
    """Whether a file is a ZIP or a TAR, compressed or not, whatever its name."""
    try:
        return file.is_file() and (zipfile.is_zipfile(file) or tarfile.is_tarfile(file))
    except OSError:
        return False


def place_of(archive: Path) -> Path:
    """The folder that an archive is unpacked to; another one when the archive changes."""
    found = archive.stat()
    said = f"{archive.resolve()}\0{found.st_size}\0{found.st_mtime_ns}"
    return unpacked_folder() / f"{_stem(archive.name)}-{_digest(said.encode())}"


def unpacked_folder() -> Path:
    """The folder of everything that was unpacked."""
    return settings.datasets_folder() / "unpacked"


def unpack(
    archive: Path, place: Path, *, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES
) -> None:
    """Unpack the pictures and tables of an archive.

    Args:
        archive: A ZIP or TAR.
        place: The folder to make. It appears when it is complete.
        max_files: More are refused.
        max_bytes: More, unpacked, are refused, whatever the archive claims.

    Raises:
        DatasetError: If it is damaged, too large, encrypted, or holds a link, a device or a path
            that leads out of the folder. Nothing is left behind then.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=place.parent))
    try:
        _write(archive, beside / "whole", max_files, max_bytes)
        put_in_place(beside / "whole", place)
    except (
        OSError, EOFError, ValueError, RuntimeError, NotImplementedError,
        zipfile.BadZipFile, tarfile.TarError, zipfile.LargeZipFile,
    ) as error:  # fmt: skip
        raise DatasetError(
            f"The archive '{archive.name}' cannot be unpacked: {error or type(error).__name__}. "
            "Download or pack it again."
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def put_in_place(folder: Path, place: Path) -> None:
    """Move a folder into place, unless another process has just done so."""
    try:
        folder.rename(place)
    except OSError:
        if not place.is_dir():
            raise


def _write(archive: Path, folder: Path, max_files: int, max_bytes: int) -> None:
    folder.mkdir()
    files = total = 0
    with _members(archive) as members:
        for name, claimed, stream in members:
            path = PurePosixPath(name.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
                raise _refused(archive, f"the path '{name}', which leads out of the folder")
            if stream is None:
                raise _refused(archive, f"'{name}', which is a link or a device")
            hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
            if hidden or path.suffix.lower() not in _WANTED:
                continue
            files += 1
            if files > max_files:
                raise _refused(archive, f"more than {max_files:,} files")
            if total + claimed > max_bytes:
                raise _refused(archive, f"more than {max_bytes / 1e9:g} GB")
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with stream, target.open("xb") as file:
                while chunk := stream.read(_CHUNK):
                    total += len(chunk)  # what is there, not what the archive claims
                    if total > max_bytes:
                        raise _refused(archive, f"more than {max_bytes / 1e9:g} GB")
                    file.write(chunk)
    if not files:
        raise _refused(archive, "no picture and no table")


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[Member]]:
    """Name, claimed size and bytes of every file; None for bytes of what is no plain file."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as pack:
            yield _zip_members(pack)
    else:
        with tarfile.open(archive, "r:*") as tar:
            yield _tar_members(tar)


def _zip_members(pack: zipfile.ZipFile) -> Iterator[Member]:
    for info in pack.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.is_dir():
            continue
        plain = kind in (0, stat.S_IFREG)
        yield info.filename, info.file_size, pack.open(info) if plain else None


def _tar_members(tar: tarfile.TarFile) -> Iterator[Member]:
    for info in tar:
        if not info.isdir():
            yield info.name, info.size, tar.extractfile(info) if info.isreg() else None


def _refused(archive: Path, found: str) -> DatasetError:
    return DatasetError(
        f"The archive '{archive.name}' holds {found}. Expected pictures in class folders, a CSV or "
        "a manifest; nothing was unpacked."
    )


def _stem(name: str) -> str:
    stem = name.split(".")[0] or "archive"
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in stem)[:64]


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()
