"""Photos in folders, at URLs and in Parquet tables, as pieces of the work that workers read."""

import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem

from fer.errors import ImageError, UnreadableImageError
from fer.files import is_hidden
from fer.image_formats import SUFFIXES, why_no_image_file
from fer.images import MAX_BYTES
from fer.inference.csv_log import one_line
from fer.inference.parallel import map_ordered
from fer.scaling.photo_tables import TABLES, Photo, from_table, rows_of
from fer.scaling.places import located, opened, reason_of

LEAST, MOST = 64, 4096
"""Photos that one worker answers at a time, and whose rows are one file: about a second of work, to
lose little where there are few, and not too many pieces where there are many."""

_PIECES = 2048  # so many before pieces grow

_TOGETHER = 4
"""Photos that a thread reads at a time: to hand out each takes longer than to read it."""

_WHOLE = -1
_SCHEMA = pa.schema([("name", pa.string()), ("url", pa.string()), ("row", pa.int64())])


def pieces(
    sources: Iterable[str], *, recursive: bool, skipped: dict[str, str], size: int | None = None
) -> Iterator[pa.Table]:
    """Some photos at a time: `name`, `url`, and `row`, -1 where the file is the photo.

    Args:
        sources: Photos, folders, patterns such as `photos/*.jpg`, and Parquet tables with a column
            of image files; paths or URLs that fsspec reads.
        recursive: Search subfolders, too.
        skipped: Gets the reason by path of what is in folders and not read.
        size: Photos in a piece; None for `LEAST`, and up to `MOST` the more come before it.

    Raises:
        UnreadableImageError: If a folder cannot be listed, or a source holds no photos.
    """
    piece: list[tuple[str, str, int]] = []
    listed = 0
    for source in sources:
        found = 0
        for entry in _photos_of(source, recursive=recursive, skipped=skipped):
            found += 1
            piece.append(entry)
            if len(piece) == (size or min(max(listed // _PIECES, LEAST), MOST)):
                yield _table(piece)
                listed += len(piece)
                piece = []
        if not found:
            hint = "" if recursive else " With --recursive, subfolders are searched, too."
            raise UnreadableImageError(
                f"'{source}' holds no photos. Choose photos, a folder or a Parquet table.{hint}"
            )
    if piece:
        yield _table(piece)


def _table(piece: list[tuple[str, str, int]]) -> pa.Table:
    return pa.table(list(zip(*piece, strict=True)), schema=_SCHEMA)


def packed(piece: pa.Table) -> bytes:
    """A piece in little memory."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(
        sink, _SCHEMA, options=pa.ipc.IpcWriteOptions(compression="zstd")
    ) as out:
        out.write_table(piece)
    return bytes(sink.getvalue())


def unpacked(content: bytes) -> pa.Table:
    """What `packed` made bytes of."""
    return pa.ipc.open_stream(content).read_all()


def _photos_of(
    source: str, *, recursive: bool, skipped: dict[str, str]
) -> Iterator[tuple[str, str, int]]:
    files, root = located(source)
    try:
        if _is_folder(files, root):
            found = _below(files, root, source, recursive=recursive, skipped=skipped)
        elif _is_pattern(root) and not files.exists(root):
            shown = _shown_by(files, source)
            found = ((shown(path), path) for path in sorted(files.glob(root)))
        else:
            found = iter([(source, root)])
        for name, path in found:
            url = files.unstrip_protocol(path)
            if path.lower().endswith(TABLES):
                for row in rows_of(name, url, skipped):
                    yield name, url, row
            else:
                yield one_line(name), url, _WHOLE
    except OSError as error:
        raise UnreadableImageError(f"'{source}' cannot be listed: {reason_of(error)}.") from None


def _is_folder(files: Any, path: str) -> bool:
    """Whether it must be listed, if only to learn why it cannot be."""
    try:
        return bool(files.info(path)["type"] == "directory")
    except FileNotFoundError:
        is_file = path.lower().endswith((*SUFFIXES, *TABLES))
        return not is_file and not _is_pattern(path)


def _is_pattern(path: str) -> bool:
    return any(mark in path for mark in "*?[")


def _shown_by(files: Any, source: str) -> Any:
    """Gives the name of a path: a URL where the source is one."""
    return files.unstrip_protocol if "://" in source else lambda path: path


def _below(
    files: Any, root: str, source: str, *, recursive: bool, skipped: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Names and paths in a folder, by name, before its subfolders."""
    is_local = isinstance(files, LocalFileSystem)
    start = source.rstrip("/") or source
    for parent, folders, names in files.walk(root, on_error="raise"):
        below = posixpath.relpath(parent, root)
        shown = start if below == "." else posixpath.join(start, below)
        for name in sorted(names):
            if not name or is_hidden(name):
                continue
            path = posixpath.join(parent, name)
            if name.lower().endswith(TABLES) or not (reason := _why_none(path, is_local)):
                yield posixpath.join(shown, name), path
            else:
                skipped[posixpath.join(shown, name)] = reason
        folders[:] = sorted(one for one in folders if not is_hidden(one))
        if not recursive:
            for one in folders:
                skipped[posixpath.join(shown, one)] = "a subfolder, which --recursive reads"
            folders.clear()


def _why_none(path: str, is_local: bool) -> str:
    """Why a file is no photo; at a URL its name decides, as opening each would take too long."""
    if is_local:
        return why_no_image_file(Path(path))
    return "" if Path(path).suffix.lower() in SUFFIXES else "not named as photos are"


def read(piece: pa.Table) -> Iterator[Photo]:
    """The photos of a piece.

    Only a few photos at a time are in memory, and those of a Parquet table's row group.
    """
    entries = list(zip(*(column.to_pylist() for column in piece.columns), strict=True))
    whole = [(name, url) for name, url, row in entries if row == _WHOLE]
    together = [whole[at : at + _TOGETHER] for at in range(0, len(whole), _TOGETHER)]
    for photos in map_ordered(_contents, together):
        yield from photos
    tables: dict[tuple[str, str], list[int]] = {}
    for name, url, row in entries:
        if row != _WHOLE:
            tables.setdefault((name, url), []).append(row)
    for (name, url), rows in tables.items():
        yield from from_table(name, url, rows)


def _contents(photos: list[tuple[str, str]]) -> list[Photo]:
    return [(name, name, _content(name, url)) for name, url in photos]


def _content(name: str, url: str) -> bytes | ImageError:
    try:
        with opened(url) as file:
            return bytes(file.read(MAX_BYTES + 1))
    except FileNotFoundError:
        return UnreadableImageError(f"There is no file '{name}'. Check its name.")
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        return UnreadableImageError(f"'{name}' cannot be read: {reason_of(error)}.")
