"""Labelled photos: a folder of `<emotion>/*.jpg`."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fer import emotions
from fer.data.class_names import understood
from fer.errors import DatasetError
from fer.files import is_folder, is_hidden
from fer.image_formats import why_no_image_file
from fer.inference.csv_log import one_line

_EXPECTED = "expected a folder with one subfolder per emotion, such as happy/1.jpg and sad/2.jpg"

Stamp = tuple[str, int, int]
"""A photo's path, the time when it was written, and its size."""


@dataclass(frozen=True, kw_only=True)
class LabelledPhotos:
    """Photos of a folder with what they show.

    Attributes:
        folder: The folder.
        labels: Label by path, relative to the folder with forward slashes.
        skipped: Reason by path of the files and folders that are not used.
    """

    folder: Path
    labels: dict[str, str]
    skipped: dict[str, str] = field(default_factory=dict)

    def stamps(self) -> dict[str, Stamp]:
        """What changes when a photo does, by its path."""
        return {path: _stamp(self.folder / path) for path in self.labels}

    def among(self, known: Sequence[str]) -> "LabelledPhotos":
        """Only the photos of these classes; the others are skipped."""
        lacking = {
            path: f"the model does not know the emotion '{label}'"
            for path, label in self.labels.items()
            if label not in known
        }
        labels = {path: label for path, label in self.labels.items() if path not in lacking}
        return LabelledPhotos(
            folder=self.folder, labels=labels, skipped={**self.skipped, **lacking}
        )


def labelled_photos(folder: Path) -> LabelledPhotos:
    """The photos below the folders that are named by an emotion or an alias of one.

    Everything else is skipped with a reason, except hidden files.

    Raises:
        DatasetError: If there is no such folder, or no photo in it.
    """
    labels: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for entry in _entries(folder):
        if not is_folder(entry):
            skipped[one_line(entry.name)] = "not in a folder that names its emotion"
        elif label := understood(entry.name):
            _list(entry, label, labels, skipped)
        else:
            skipped[one_line(f"{entry.name}/")] = "its name is no emotion"
    if not labels:
        present = ", ".join(sorted(skipped)[:5]) + (", …" if len(skipped) > 5 else "")
        raise DatasetError(
            f"'{folder}' holds {present or 'nothing'}; {_EXPECTED}. The emotions are "
            f"{', '.join(emotions.ALL)}."
        )
    return LabelledPhotos(folder=folder, labels=labels, skipped=skipped)


def _list(folder: Path, label: str, labels: dict[str, str], skipped: dict[str, str]) -> None:
    try:
        files = _entries(folder)
    except DatasetError as error:
        skipped[f"{folder.name}/"] = str(error)
        return
    for file in files:
        path = f"{folder.name}/{file.name}"
        if is_folder(file):
            skipped[one_line(f"{path}/")] = "a folder inside that of an emotion"
        elif path.encode(errors="replace").decode() != path:
            skipped[one_line(path)] = "its name is not valid UTF-8; rename it"
        elif reason := why_no_image_file(file):
            skipped[one_line(path)] = reason
        else:
            labels[path] = label
    if not files:
        skipped[f"{folder.name}/"] = "empty"


def _entries(folder: Path) -> list[Path]:
    try:
        # With the dot, a folder that may be listed but not entered is an error here already.
        names = os.listdir(os.path.join(folder, "."))  # noqa: PTH118, PTH208
    except (FileNotFoundError, NotADirectoryError) as error:
        what = "is a file" if isinstance(error, NotADirectoryError) else "does not exist"
        unpack = " Unpack it first." if folder.suffix.lower() in (".zip", ".tar", ".gz") else ""
        raise DatasetError(f"'{folder}' {what}; {_EXPECTED}.{unpack}") from None
    except OSError as error:
        raise DatasetError(
            f"The folder '{folder}' cannot be listed: {error.strerror}. Check that you may open it."
        ) from None
    return [folder / name for name in sorted(names) if not is_hidden(name)]


def _stamp(file: Path) -> Stamp:
    try:
        status = file.stat()
    except OSError:  # reading it gives the reason
        return str(file), 0, 0
    return str(file), status.st_mtime_ns, status.st_size
