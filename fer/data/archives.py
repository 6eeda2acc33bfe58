"""Archives, unpacked so that nothing gets out of the folder and nothing stays when it fails."""

import hashlib
import lzma
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, cast

from fer import settings
from fer.errors import DatasetError
from fer.files import writing
from fer.images import SUFFIXES
from fer.progress import Progress

MAX_FILES = 2_000_000
MAX_BYTES = 50_000_000_000
SUFFIXES_OF_ARCHIVES = frozenset({".zip", ".tar", ".tgz", ".gz", ".xz", ".bz2"})
_WANTED = SUFFIXES | {".csv", ".parquet", ".pq"}
_CHUNK = 1 << 20

_MAX_HEADER_BYTES = 1 << 20


class Member(NamedTuple):
    """What an archive holds: its path, the bytes it claims, and how to read a plain file."""

    name: str
    claimed: int
    is_folder: bool
    open: Callable[[], IO[bytes]] | None


def is_archive(file: Path) -> bool:
    """Whether a file is a ZIP or a TAR, compressed or not, whatever its name."""
    try:
        if not file.is_file() or zipfile.is_zipfile(file):
            return file.is_file()
        with file.open("rb") as packed, _open_tar(packed):
            return True
    except (OSError, EOFError, ValueError, tarfile.TarError):
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
    archive: Path,
    place: Path,
    *,
    max_files: int = MAX_FILES,
    max_bytes: int = MAX_BYTES,
    progress: Progress | None = None,
) -> None:
    """Unpack the pictures and tables of an archive.

    Args:
        archive: A ZIP or TAR.
        place: The folder to make. It appears when it is complete.
        max_files: More are refused.
        max_bytes: More, unpacked, are refused, whatever the archive claims.
        progress: Called with files done, and all files as far as the archive's length tells.

    Raises:
        DatasetError: If it is damaged, too large, encrypted, or holds a link, a device or a path
            that leads out of the folder. Nothing is left behind then.
    """
    with writing(place.parent, DatasetError):
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=place.parent))
    try:
        _write(archive, beside / "whole", max_files, max_bytes, progress)
        put_in_place(beside / "whole", place)
    except (
        OSError, EOFError, ValueError, RuntimeError, NotImplementedError,
        zipfile.BadZipFile, tarfile.TarError, zipfile.LargeZipFile, zlib.error, lzma.LZMAError,
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


def _write(
    archive: Path, folder: Path, max_files: int, max_bytes: int, progress: Progress | None
) -> None:
    folder.mkdir()
    claimed = written = 0
    size = archive.stat().st_size
    with archive.open("rb") as packed, _members(packed) as members:
        for count, member in enumerate(members, 1):  # all count: passing one over costs time, too
            path = PurePosixPath(member.name.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
                raise _refused(archive, f"the path '{member.name}', which leads out of the folder")
            claimed += member.claimed
            if count > max_files:
                raise _refused(archive, f"more than {max_files:,} files")
            if claimed > max_bytes:
                raise _refused(archive, f"more than {max_bytes / 1e9:g} GB")
            if member.is_folder:
                continue
            if member.open is None:
                raise _refused(archive, f"'{member.name}', which is a link or a device")
            hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
            if hidden or path.suffix.lower() not in _WANTED:
                continue
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with member.open() as stream, target.open("xb") as file:
                while chunk := stream.read(_CHUNK):
                    written += len(chunk)  # what is there, not what the archive claims
                    if written > max_bytes:
                        raise _refused(archive, f"more than {max_bytes / 1e9:g} GB")
                    file.write(chunk)
            if progress and (passed := packed.tell()):
                progress(count, max(count, round(count * size / passed)))
    if not any(folder.iterdir()):
        raise _refused(archive, "no picture and no table")


@contextmanager
def _members(packed: IO[bytes]) -> Iterator[Iterator[Member]]:
    """All that an archive holds, in its order."""
    if zipfile.is_zipfile(packed):
        with zipfile.ZipFile(packed) as pack:
            yield _zip_members(pack)
    else:
        packed.seek(0)
        with _open_tar(packed) as tar:
            yield _tar_members(tar)


def _zip_members(pack: zipfile.ZipFile) -> Iterator[Member]:
    for info in pack.infolist():
        is_plain = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
        read = partial(pack.open, info) if is_plain else None
        yield Member(info.filename, info.file_size, info.is_dir(), read)


def _tar_members(tar: tarfile.TarFile) -> Iterator[Member]:
    for info in tar:
        read = cast("Callable[[], IO[bytes]]", partial(tar.extractfile, info))
        yield Member(info.name, info.size, info.isdir(), read if info.isreg() else None)
        tar.members.clear()  # type: ignore[attr-defined]  # they would fill the memory


class _Header(tarfile.TarInfo):
    """A TAR's header; one that would fill the memory is refused."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        info = super().frombuf(buf, encoding, errors)
        if info.type in _EXTENDED and info.size > _MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {info.size:,} bytes")
        return info


_EXTENDED = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip


def _open_tar(packed: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=packed, mode="r:*", tarinfo=_Header)


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
