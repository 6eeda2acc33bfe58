"""Labelled photos that are kept on this machine, to measure one model after another.

They are in `settings.photos_folder()`, `<emotion>/<name>-<digest>.<suffix>`: the digest of its
content makes a name unique, and a photo that comes twice is kept once. Other files are not touched.
"""

import hashlib
import re
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from fer import settings
from fer.data.locking import locked
from fer.emotions import ALL, canonical
from fer.errors import FerError
from fer.files import write_bytes, writing
from fer.image_formats import SUFFIXES
from fer.images import decode
from fer.inference.labelled_photos import LabelledPhotos
from fer.people import Action, require

MAX_PHOTOS = 200

_DIGEST_BYTES = 8
_NAME = re.compile(r".*-([0-9a-f]{16})\.[a-z0-9]+")
_ODD = re.compile(r"[^\w. -]")
_NAME_LENGTH = 40


def digest_of(content: bytes) -> str:
    """What tells the contents of two photos apart."""
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()


def kept_photos() -> LabelledPhotos:
    """All kept photos, by emotion and name; empty if there are none."""
    folder = settings.photos_folder()
    files = sorted(file for file in folder.glob("*/*-*.*") if _is_kept(file))
    labels = {f"{file.parent.name}/{file.name}": file.parent.name for file in files}
    return LabelledPhotos(folder=folder, labels=labels)


def kept_digests() -> dict[str, str]:
    """The path of each kept photo by the digest of its content."""
    paths = {}
    for path in kept_photos().labels:
        if match := _NAME.fullmatch(path):
            paths[match[1]] = path
    return paths


def keep(name: str, content: bytes, label: str) -> str:
    """Keep a photo as its file is; one that is kept already gets this label.

    Args:
        name: Name of the file.
        content: The file.
        label: The emotion that it shows.

    Returns:
        The path of the photo, as in `kept_photos`.

    Raises:
        ImageError: If it cannot be used as an image.
        LabelError: If the emotion is not known.
        FerError: If 200 photos are kept already, or the disk refuses it.
    """
    require(Action.ANNOTATE)
    digest, label = digest_of(content), canonical(label)
    decode(content)
    given = Path(name)
    suffix = given.suffix.lower() if given.suffix.lower() in SUFFIXES else ".jpg"
    stem = _ODD.sub("_", given.stem).lstrip(".")[:_NAME_LENGTH] or "photo"
    path = f"{label}/{stem}-{digest}{suffix}"
    folder = settings.photos_folder()
    with _changing(), writing(folder, FerError):
        kept = kept_digests()
        if digest in kept:
            return _move(kept[digest], label)
        if len(kept) >= MAX_PHOTOS:
            raise FerError(
                f"{MAX_PHOTOS} photos are kept, the most that this page takes. Remove some, or "
                "measure a folder of any size: python -m fer evaluate MODEL FOLDER --photos"
            )
        (folder / label).mkdir(parents=True, exist_ok=True)
        write_bytes(folder / path, content)
    return path


def relabel(path: str, label: str) -> str:
    """Give a kept photo another emotion; the result is its new path.

    Raises:
        LabelError: If the emotion is not known.
        FerError: If the photo is gone, or the disk refuses it.
    """
    require(Action.ANNOTATE)
    label = canonical(label)
    with _changing(), writing(settings.photos_folder(), FerError):
        if not _checked(path).is_file():
            raise FerError(
                f"'{path}' is gone: it was removed or given another emotion meanwhile. Reload the "
                "page."
            )
        return _move(path, label)


def remove(path: str) -> None:
    """Remove a kept photo; one that is gone already is no error."""
    require(Action.ANNOTATE)
    with _changing():
        _remove(path)


def remove_all() -> None:
    """Remove all kept photos."""
    require(Action.ANNOTATE)
    with _changing():
        for path in kept_photos().labels:
            _remove(path)


def _changing() -> AbstractContextManager[None]:
    """Held by whoever changes the kept photos: visitors share them."""
    return locked(settings.home() / "locks" / "photos")


def _move(path: str, label: str) -> str:
    folder = settings.photos_folder()
    new = f"{label}/{Path(path).name}"
    (folder / label).mkdir(exist_ok=True)
    (folder / path).replace(folder / new)
    return new


def _remove(path: str) -> None:
    file = _checked(path)
    with writing(settings.photos_folder(), FerError):
        file.unlink(missing_ok=True)
    with suppress(OSError):  # not empty
        file.parent.rmdir()


def _checked(path: str) -> Path:
    file = settings.photos_folder() / path
    if not _is_kept(file):
        raise FerError(f"'{path}' is not the path of a kept photo. Reload the page.")
    return file


def _is_kept(file: Path) -> bool:
    is_here = file.parent.parent == settings.photos_folder() and file.parent.name in ALL
    return is_here and _NAME.fullmatch(file.name) is not None
