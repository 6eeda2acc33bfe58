"""Photos and folders of photos → a CSV file that grows photo by photo."""

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from fer.errors import ImageError, UnreadableImageError
from fer.files import is_folder, is_hidden
from fer.image_formats import why_no_image_file
from fer.inference.csv_log import GrowingCsv, one_line
from fer.inference.photo_rows import names_of, photo_columns, photo_rows
from fer.inference.predictor import Predictor
from fer.progress import Progress
from fer.wording import not_read

_MAX_DEPTH = 100
"""Of folders: Python's own search goes from one into the next by recursion."""


@dataclass(kw_only=True)
class FolderReport:
    """How many photos were processed.

    Attributes:
        before: Photos whose rows were already in the file.
        photos: Photos processed now, including those that failed.
        faces: Faces on them.
        failed: Photos that could not be used, now or before; their rows give the reason.
        skipped: Reason by path of what is in the folders and not read.
        stopped: Whether photos are left.
    """

    before: int = 0
    photos: int = 0
    faces: int = 0
    failed: int = 0
    skipped: dict[Path, str] = field(default_factory=dict)
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class FoundPhotos:
    """Photos that were named or found in folders.

    Attributes:
        files: In the order of the given paths; in a folder by name, before its subfolders.
        skipped: Reason by path of the files and subfolders of a folder that are not read.
    """

    files: list[Path] = field(default_factory=list)
    skipped: dict[Path, str] = field(default_factory=dict)


def photos_among(paths: Iterable[Path], *, recursive: bool = False) -> FoundPhotos:
    """The given files, and the photos in the given folders; hidden files do not count.

    Links to folders are not followed.

    Raises:
        UnreadableImageError: If a folder cannot be listed or holds no photos.
    """
    found = FoundPhotos()
    for path in paths:
        if not is_folder(path):
            found.files.append(path)
            continue
        before = len(found.files)
        _search(path, found, recursive=recursive)
        if len(found.files) == before:
            others = {str(file): reason for file, reason in found.skipped.items()}
            listed = f" {not_read(others, most=3)}" if others else ""
            hint = "" if recursive else " With --recursive, its subfolders are searched, too."
            raise UnreadableImageError(
                f"The folder '{path}' holds no photos.{listed} Choose photos or another folder."
                f"{hint}"
            )
    return found


def _search(folder: Path, found: FoundPhotos, *, recursive: bool) -> None:
    for parent, subfolders, names in os.walk(folder, onerror=_unlistable):
        for file in (Path(parent, name) for name in sorted(names) if not is_hidden(name)):
            if reason := why_no_image_file(file):
                found.skipped[file] = reason
            else:
                found.files.append(file)
        below = [Path(parent, name) for name in sorted(subfolders) if not is_hidden(name)]
        reasons = {one: _why_not_searched(folder, one, recursive=recursive) for one in below}
        found.skipped.update({one: reason for one, reason in reasons.items() if reason})
        subfolders[:] = [one.name for one, reason in reasons.items() if not reason]


def _why_not_searched(root: Path, folder: Path, *, recursive: bool) -> str:
    if not recursive:
        return "a subfolder, which --recursive reads"
    if folder.is_symlink():
        return "a link to a folder"
    is_deep = len(folder.relative_to(root).parts) > _MAX_DEPTH
    return f"a folder inside {_MAX_DEPTH} others" if is_deep else ""


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
    found = photos_among(paths, recursive=recursive)
    found.skipped.pop(out, None)
    named = [(one_line(str(path)), path) for path in found.files]
    names = names_of(predictor)
    with GrowingCsv(out, photo_columns(predictor.card.labels)) as table:
        report, done = FolderReport(skipped=found.skipped), set()
        for row in table.rows(**names):
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
            table.write(photo_rows(name, result, **names))
            if progress:
                progress(report.before + report.photos, len(named))
    report.stopped = report.photos < len(todo)
    return report
