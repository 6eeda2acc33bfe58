"""Folders of photos → a CSV file that grows photo by photo."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fer.errors import ImageError, ResultsError, UnreadableImageError
from fer.images import SUFFIXES
from fer.inference.answer import face_columns
from fer.inference.csv_log import GrowingCsv, one_line
from fer.inference.prediction import PhotoFaces
from fer.inference.predictor import Predictor

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class FolderReport:
    """What became of the photos.

    Attributes:
        before: Photos whose rows were there already.
        photos: Photos done now, those that failed included.
        faces: Faces found on them.
        failed: Photos that could not be used, now or before; their rows say why.
        stopped: Whether photos are left.
    """

    before: int
    photos: int
    faces: int
    failed: int
    stopped: bool


def photos_in(folder: Path, *, recursive: bool) -> Iterator[Path]:
    """Pictures of a folder by name, then those of its folders; links to folders are left alone.

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
    """Photos as they are given, and those in the folders among them.

    Raises:
        UnreadableImageError: If a folder cannot be listed or holds no pictures.
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
            hint = "" if recursive else " --recursive looks into the folders inside it, too."
            raise UnreadableImageError(
                f"The folder '{path}' holds no pictures. Give photos or another folder.{hint}"
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
    """Predict photos and folders of photos; go on where a file of results stopped.

    Args:
        predictor: The model and its detector.
        paths: Photos and folders.
        out: The CSV file. What stands in it is not done again. Memory stays the same however
            many photos there are, but for their names.
        recursive: Look into the folders inside the folders, too.
        progress: Called with photos done and photos planned.
        stop: Once set, the work ends after a few photos.

    Raises:
        ResultsError: If the file holds something else, or another model's results.
        UnreadableImageError: If a folder cannot be listed or holds no pictures.
    """
    paths = list(paths)
    planned = sum(1 for _ in photos_among(paths, recursive=recursive))
    model = f"{predictor.card.name} {predictor.card.model_sha256[:8]}".strip()
    faces_columns = face_columns(predictor.card.labels)
    columns = ("file", "model", "photo_width", "photo_height", *faces_columns, "error")
    with GrowingCsv(out, columns) as table:
        done = set()
        photos = faces = failed = 0
        for row in table.rows():
            if row["model"] != model:
                raise ResultsError(
                    f"'{out}' holds results of the model '{row['model']}', not of '{model}'. "
                    "Choose another file, or remove this one."
                )
            done.add(row["file"])
            failed += bool(row["error"])
        names: list[str] = []
        before = 0

        def waiting() -> Iterator[Path]:
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

        for found in predictor.predict_many(waiting()):
            name = names.pop(0)
            photos += 1
            if isinstance(found, ImageError):
                failed += 1
                table.write([{"file": name, "model": model, "error": str(found)}])
            else:
                faces += len(found.faces)
                table.write(_rows(name, model, found))
            if progress:
                progress(before + photos, planned)
    return FolderReport(
        before=before,
        photos=photos,
        faces=faces,
        failed=failed,
        stopped=before + photos < planned,
    )


def _rows(name: str, model: str, found: PhotoFaces) -> Iterator[dict[str, object]]:
    width, height = found.size
    shared = {"file": name, "model": model, "photo_width": width, "photo_height": height}
    if not found.faces:
        yield shared
    for number, face in enumerate(found.faces, start=1):
        yield {**shared, "face": number, **face.to_row()}
