"""Photos and folders of photos → a CSV file that grows photo by photo."""

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import tee
from pathlib import Path

from fer.errors import ImageError, UnreadableImageError
from fer.images import SUFFIXES
from fer.inference.answer import face_columns
from fer.inference.csv_log import GrowingCsv, one_line
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


def _may_be_photo(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # reading it will give the reason
        return True


def photos_among(paths: Iterable[Path], *, recursive: bool = False) -> Iterator[Path]:
    """The given photos, and those in the given folders.

    The photos of a folder come by name, then those of its subfolders; links to folders are ignored.

    Raises:
        UnreadableImageError: If a folder cannot be listed or holds no photos.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        photo = None
        for parent, subfolders, names in os.walk(path, onerror=_unlistable):
            for file in (Path(parent, name) for name in sorted(names)):
                if file.suffix.lower() in SUFFIXES and _may_be_photo(file):
                    yield (photo := file)
            subfolders[:] = sorted(subfolders) if recursive else []
        if photo is None:
            hint = "" if recursive else " With --recursive, its subfolders are searched, too."
            raise UnreadableImageError(
                f"The folder '{path}' holds no photos. Choose photos or another folder.{hint}"
            )


def _unlistable(error: OSError) -> None:
    raise UnreadableImageError(
        f"The folder '{error.filename}' cannot be listed: {error.strerror}."
    ) from None


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
        before = 0

        def remaining() -> Iterator[tuple[str, Path]]:
            nonlocal before
            for path in photos_among(paths, recursive=recursive):
                if stop is not None and stop.is_set():
                    return
                name = one_line(str(path))
                if name in done:
                    before += 1
                else:
                    yield name, path

        ahead, todo = tee(remaining())
        results = predictor.predict_many(path for _, path in ahead)
        for result, (name, _) in zip(results, todo, strict=False):
            photos += 1
            shared: dict[str, object] = {"file": name, "model": model}
            if isinstance(result, ImageError):
                failed += 1
                table.write([shared | {"error": str(result)}])
            else:
                faces += len(result.faces)
                shared |= {"photo_width": result.size[0], "photo_height": result.size[1]}
                numbered = enumerate(result.faces, start=1)
                rows = [shared | {"face": number, **face.to_row()} for number, face in numbered]
                table.write(rows or [shared])
            if progress:
                progress(before + photos, planned)
    return FolderReport(
        before=before,
        photos=photos,
        faces=faces,
        failed=failed,
        stopped=before + photos < planned,
    )
