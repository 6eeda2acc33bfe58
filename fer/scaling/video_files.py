"""Videos as files: which there are, opened from anywhere, and recordings as bytes."""

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import av.error
from fsspec.implementations.local import LocalFileSystem

from fer.errors import VideoError
from fer.inference.video import VideoFile
from fer.inference.video_source import open_file, reason_of
from fer.scaling import places
from fer.scaling.places import located
from fer.scaling.video_recording import Recording, Seen

SUFFIXES = frozenset({
    ".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts",
    ".mxf", ".ogv", ".ts", ".webm", ".wmv",
})  # fmt: skip
"""Suffixes of the files in a folder that are taken as videos."""

_CHUNK = 1 << 22


def videos_in(source: str) -> list[str]:
    """The URLs of the videos at a path or URL: one video, those in a folder, or those of a pattern.

    Raises:
        VideoError: If there are none, or they cannot be listed.
    """
    files, root = located(source)
    try:
        if not files.exists(root):
            found = [path for path in files.glob(root) if _is_video(path)]
        elif files.isdir(root):
            found = [path for path in files.ls(root, detail=False) if _is_video(path)]
        else:
            found = [root]
    except OSError as error:
        raise VideoError(f"'{source}' cannot be listed: {places.reason_of(error)}.") from None
    if not found:
        raise VideoError(f"'{source}' holds no videos. Choose a video, or a folder of videos.")
    return [files.unstrip_protocol(path) for path in sorted(found)]


def _is_video(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in SUFFIXES


def name_of(url: str) -> str:
    """What results call a video."""
    return PurePosixPath(url).name


@contextmanager
def opened(url: str) -> Iterator[VideoFile]:
    """A video, wherever it is.

    Raises:
        VideoError: If it is missing, or not a video.
    """
    files, path = located(url)
    if isinstance(files, LocalFileSystem):
        with VideoFile(Path(path)) as video:
            yield video
        return
    with files.open(path) as file:
        try:
            container = open_file(file)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise VideoError(f"'{url}' cannot be opened as a video ({reason_of(error)}).") from None
        with VideoFile(container, name=name_of(url)) as video:
            yield video


def content_of(url: str) -> str:
    """The SHA-256 of a video's bytes."""
    digest = hashlib.sha256()
    with places.opened(url) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def packed(recording: Recording) -> bytes:
    """A recording as bytes; every number is kept to its last bit."""
    return zlib.compress(json.dumps(recording).encode())


def unpacked(content: bytes) -> Recording:
    """What `packed` made bytes of."""
    frames, first_crc, end_crc = json.loads(zlib.decompress(content))
    return Recording([_seen(*frame) for frame in frames], first_crc, end_crc)


def _seen(
    number: int,
    at_s: float,
    moved: Sequence[tuple[int, list[int]]],
    detected: Sequence[tuple[int, list[int], float]] | None,
    answers: list[tuple[int, list[float], str]],
) -> Seen:
    found = None if detected is None else [(who, _box(box), score) for who, box, score in detected]
    return Seen(number, at_s, [(who, _box(box)) for who, box in moved], found, answers)


def _box(sides: Sequence[int]) -> tuple[int, int, int, int]:
    x, y, width, height = sides
    return x, y, width, height
