"""Archives, unpacked so that nothing escapes the folder and nothing is left after a failure."""

import hashlib
import io
import lzma
import re
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, cast

from fer import settings
from fer.errors import DatasetError
from fer.files import SPREADSHEETS, is_full, is_hidden, writing
from fer.leftovers import UNPACKING, clear_unpackings, in_use
from fer.progress import Progress

MAX_FILES = 2_000_000
MAX_BYTES = 50_000_000_000
MAX_DIRECTORY_BYTES = 100_000_000
"""Bytes of a ZIP's list of files, which takes six times as much memory: about a million files."""
SUFFIXES_OF_ARCHIVES = frozenset({".zip", ".tar", ".tgz", ".gz", ".xz", ".bz2"})
_NO_FOLDERS = SPREADSHEETS | {".npz"}
VERSION = b"all files"
"""Goes into the names of unpacked folders: those of earlier versions hold fewer of the files."""
_CHUNK = 1 << 20
_MAX_DEPTH = 100  # of folders; Python makes and removes them by recursion
_LONGEST_SHOWN = 200  # of a path, in errors
_MAX_HEADER_BYTES = 1 << 20


class Member(NamedTuple):
    """An entry of an archive: its path, the bytes it claims, and how to open a plain file."""

    name: str
    claimed: int
    is_folder: bool
    open: Callable[[], IO[bytes]] | None


def is_archive(file: Path) -> bool:
    """Whether a file is a ZIP or a TAR, compressed or not, whatever its name.

    Spreadsheets and NumPy's `.npz` are ZIPs, too, but no folders of files.
    """
    if file.suffix.lower() in _NO_FOLDERS:
        return False
    try:
        if not file.is_file() or zipfile.is_zipfile(file):
            return file.is_file()
        with file.open("rb") as packed, _open_tar(packed):
            return True
    except (OSError, EOFError, ValueError, tarfile.TarError):
        return False


def place_of(archive: Path) -> Path:
    """The folder that an archive is unpacked to; a different one once the archive changes."""
    status = archive.stat()
    state = f"{archive.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
    digest = hashlib.blake2b(state.encode(), digest_size=8, person=VERSION).hexdigest()
    stem = re.sub(r"[^\w-]", "_", archive.name.split(".")[0] or "archive")[:64]
    return unpacked_folder() / f"{stem}-{digest}"


def unpacked_folder() -> Path:
    """The folder of all unpacked archives."""
    return settings.datasets_folder() / "unpacked"


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """Fill a folder, and move it into place once it is complete; nothing is left after an error.

    If another process was faster, its folder stays.

    Raises:
        DatasetError: If the disk refuses it.
    """
    with writing(place.parent, DatasetError):
        place.parent.mkdir(parents=True, exist_ok=True)
        clear_unpackings(place.parent)
        with (
            tempfile.TemporaryDirectory(
                prefix=UNPACKING, dir=place.parent, ignore_cleanup_errors=True
            ) as beside,
            in_use(Path(beside)),
        ):
            folder = Path(beside) / "whole"
            folder.mkdir()
            yield folder
            try:
                folder.rename(place)
            except OSError:
                if not place.is_dir():
                    raise


def unpack(
    archive: Path,
    folder: Path,
    *,
    max_files: int = MAX_FILES,
    max_bytes: int = MAX_BYTES,
    progress: Progress | None = None,
) -> None:
    """Unpack all of an archive but hidden files; readers tell what is of use, and name the rest.

    Args:
        archive: A ZIP or TAR.
        folder: An empty folder.
        max_files: The most entries that are accepted.
        max_bytes: The most unpacked bytes that are accepted, whatever the archive claims.
        progress: Called with the files done and an estimate of all files.

    Raises:
        DatasetError: If it is damaged, too large, encrypted, or holds a link, a device or a path
            that leads out of the folder.
        OSError: If the disk of the folder is full.
    """
    claimed = written = 0
    try:
        size = archive.stat().st_size
        with (
            _Bounded(archive.open("rb", buffering=0)) as packed,
            closing(_members(packed)) as members,
        ):
            for count, member in enumerate(members, 1):  # unwanted ones, too: skipping takes time
                path = _checked_path(archive, member)
                claimed += member.claimed
                if count > max_files:
                    raise _refused(archive, f"more than {max_files:,} files")
                if member.is_folder:
                    continue
                if claimed <= max_bytes and member.open and not any(map(is_hidden, path.parts)):
                    written += _copy(member.open, folder / path, max_bytes - written)
                if max(claimed, written) > max_bytes:
                    raise _refused(archive, f"more than {max_bytes / 1e9:g} GB")
                if progress and (passed := packed.tell()):
                    progress(count, max(count, round(count * size / passed)))
    except (
        OSError, EOFError, ValueError, RuntimeError, NotImplementedError,
        zipfile.BadZipFile, tarfile.TarError, zipfile.LargeZipFile, zlib.error, lzma.LZMAError,
    ) as error:  # fmt: skip
        if isinstance(error, OSError) and is_full(error):
            raise  # it is not the archive's fault
        raise DatasetError(
            f"The archive '{archive.name}' cannot be unpacked: {error or type(error).__name__}. "
            "Download or pack it again."
        ) from error
    if not any(folder.iterdir()):
        raise _refused(archive, "no files")


def _checked_path(archive: Path, member: Member) -> PurePosixPath:
    """The member's path, once it is known to stay in the folder and to be a file or folder."""
    path = PurePosixPath(member.name.replace("\\", "/"))
    name = member.name if len(member.name) <= _LONGEST_SHOWN else f"{member.name[:_LONGEST_SHOWN]}…"
    if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
        raise _refused(archive, f"the path '{name}', which leads out of the folder")
    if len(path.parts) > _MAX_DEPTH:
        raise _refused(archive, f"a path of {len(path.parts):,} folders")
    if not path.parts and not member.is_folder:
        raise _refused(archive, "a file without a name")
    if member.open is None and not member.is_folder:
        raise _refused(archive, f"'{name}', which is a link or a device")
    return path


def _copy(opened: Callable[[], IO[bytes]], target: Path, limit: int) -> int:
    """Unpack one file and return its bytes; stop above the limit, whatever the archive claims."""
    written = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened() as stream, target.open("xb") as file:
        while written <= limit and (chunk := stream.read(_CHUNK)):
            written += file.write(chunk)
    return written


def _members(packed: IO[bytes]) -> Generator[Member]:
    """All entries of an archive, in its order."""
    if zipfile.is_zipfile(packed):
        with zipfile.ZipFile(packed) as pack:
            for entry in pack.infolist():
                is_plain = stat.S_IFMT(entry.external_attr >> 16) in (0, stat.S_IFREG)
                read = partial(pack.open, entry) if is_plain else None
                is_folder = entry.filename.endswith("/")  # `is_dir` fails without a name
                yield Member(entry.filename, entry.file_size, is_folder, read)
        return
    packed.seek(0)
    with _open_tar(packed) as tar:
        for info in tar:
            extract = cast("Callable[[], IO[bytes]]", partial(tar.extractfile, info))
            yield Member(info.name, info.size, info.isdir(), extract if info.isreg() else None)
            tar.members.clear()  # type: ignore[attr-defined]  # or they fill the memory


class _Bounded(io.BufferedReader):
    """An archive's file. A ZIP's list of files, which `zipfile` reads at once, has to be small."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY_BYTES:
            file, megabytes = Path(self.name).name, size / 1e6
            raise DatasetError(
                f"The archive '{file}' has a list of files of {megabytes:,.0f} MB; "
                f"at most {MAX_DIRECTORY_BYTES / 1e6:.0f} MB, about a million files, can be read. "
                "Pack it as a .tar, or unpack it and add the folder."
            )
        return super().read(size)


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
        f"The archive '{archive.name}' holds {found}. Expected images in class folders, a CSV or "
        "a manifest; nothing was unpacked."
    )
