"""Photos and folders of photos → a CSV file that grows photo by photo."""

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from fer.errors import ImageError, UnreadableImageError
from fer.files import is_folder
from fer.images import SUFFIXES
from fer.inference.csv_log import GrowingCsv, one_line
from fer.inference.photo_rows import model_name, photo_columns, photo_rows
from fer.inference.predictor import Predictor
from fer.progress import Progress


@dataclass(kw_only=True)
class FolderReport:
    """How many photos were processed.

    Attributes:
        before: Photos whose rows were already in the file.
        photos: Photos processed now, including those that failed.
        faces: Faces on them.
        failed: Photos that could not be used, now or before; their rows give the reason.
        stopped: Whether photos are left.
    """

    before: int = 0
    photos: int = 0
    faces: int = 0
    failed: int = 0
    stopped: bool = False


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
        if not is_folder(path):
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
        ResultsError: If the file holds something else, or the results of another model or detector.
        UnreadableImageError: If a folder cannot be listed or holds no photos.
    """
    named = [(one_line(str(path)), path) for path in photos_among(paths, recursive=recursive)]
    made_with = {"model": model_name(predictor.card), "detector": predictor.detector_name}
    with GrowingCsv(out, photo_columns(predictor.card.labels)) as table:
        report, done = FolderReport(), set()
        for row in table.rows(**made_with):
            done.add(row["file"])
            report.failed += bool(row["error"])
        todo = [(name, path) for name, path in named if name not in done]
        report.before = len(named) - len(todo)
        wanted = takewhile(lambda _: stop is None or not stop.is_set(), todo)
        results = predictor.predict_many(path for _, path in wanted)
        for result, (name, _) in zip(results, todo, strict=False):
            report.photos += 1
            if isinstance(result, ImageError):
                report.failed += 1
            else:
                report.faces += len(result.faces)
            table.write(photo_rows(name, result, **made_with))
            if progress:
                progress(report.before + report.photos, len(named))
    report.stopped = report.photos < len(todo)
    return report
