"""Photos and folders of photos → a CSV file that grows photo by photo."""

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fer.errors import ImageError, UnreadableImageError
from fer.images import SUFFIXES
from fer.inference.answer import face_columns
from fer.inference.csv_log import GrowingCsv, one_line
from fer.inference.prediction import PhotoFaces
from fer.inference.predictor import Predictor
from fer.progress import Progress


@dataclass(frozen=True, kw_only=True)
class FolderReport:
    """How many photos were processed.

    Attributes:
        before: Photos whose rows were already in the file.
        photos: Photos processed now, including those that failed.
        faces: Faces on them.
        failed: Photos that could not be used, now or before; their rows give the reason.
        stopped: Whether photos are left.
    """

    before: int
    photos: int
    faces: int
    failed: int
    stopped: bool


def photos_in(folder: Path, *, recursive: bool) -> Iterator[Path]:
    """Photos of a folder by name, then those of its subfolders; links to folders are ignored.

    Raises:
        UnreadableImageError: If the folder cannot be listed.
    """
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        raise UnreadableImageError(
            f"The folder '{folder}' cannot be listed: {error.strerror}."
        ) from None
    for entry in entries:
        if Path(entry.name).suffix.lower() in SUFFIXES and entry.is_file():
            yield Path(entry.path)
    for entry in entries:
        if recursive and entry.is_dir(follow_symlinks=False):
            yield from photos_in(Path(entry.path), recursive=True)


def photos_among(paths: Iterable[Path], *, recursive: bool = False) -> Iterator[Path]:
    """The given photos, and those in the given folders.

    Raises:
        UnreadableImageError: If a folder cannot be listed or holds no photos.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        empty = True
        for photo in photos_in(path, recursive=recursive):
            empty = False
            yield photo
        if empty:
            hint = "" if recursive else " With --recursive, its subfolders are searched, too."
            raise UnreadableImageError(
                f"The folder '{path}' holds no photos. Choose photos or another folder.{hint}"
            )


def predict_to_csv(
    predictor: Predictor,
    paths: Iterable[Path],
    out: Path,
    *,
    recursive: bool = False,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> FolderReport:
    """Predict photos and folders of photos, and resume where an earlier run stopped.

    However many photos there are, only their names are kept in memory.

    Args:
        predictor: The model and its detector.
        paths: Photos and folders.
        out: The CSV file; photos that are in it already are not processed again.
        recursive: Search subfolders, too.
        progress: Called with photos done and photos planned.
        stop: Once set, the work ends after a few photos.

    Raises:
        ResultsError: If the file holds something else, or another model's results.
        UnreadableImageError: If a folder cannot be listed or holds no photos.
    """
    paths = list(paths)
    planned = sum(1 for _ in photos_among(paths, recursive=recursive))
    model = f"{predictor.card.name} {predictor.card.model_sha256[:8]}".strip()
    faces_columns = face_columns(predictor.card.labels)
    columns = ("file", "model", "photo_width", "photo_height", *faces_columns, "error")
    with GrowingCsv(out, columns) as table:
        done = set()
        photos = faces = failed = 0
        for row in table.rows(model=model):
            done.add(row["file"])
            failed += bool(row["error"])
        names: list[str] = []
        before = 0

        def remaining() -> Iterator[Path]:
            nonlocal before
            for path in photos_among(paths, recursive=recursive):
                if stop is not None and stop.is_set():
                    return
                name = one_line(str(path))
                if name in done:
                    before += 1
                    continue
                names.append(name)
                yield path

        for result in predictor.predict_many(remaining()):
            name = names.pop(0)
            photos += 1
            if isinstance(result, ImageError):
                failed += 1
                table.write([{"file": name, "model": model, "error": str(result)}])
            else:
                faces += len(result.faces)
                table.write(_rows(name, model, result))
            if progress:
                progress(before + photos, planned)
    return FolderReport(
        before=before,
        photos=photos,
        faces=faces,
        failed=failed,
        stopped=before + photos < planned,
    )


def _rows(name: str, model: str, photo: PhotoFaces) -> Iterator[dict[str, object]]:
    width, height = photo.size
    shared = {"file": name, "model": model, "photo_width": width, "photo_height": height}
    if not photo.faces:
        yield shared
    for number, face in enumerate(photo.faces, start=1):
        yield {**shared, "face": number, **face.to_row()}
