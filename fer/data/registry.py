"""The data sets that have a name on this machine, and the folder that holds the index of each."""

import hashlib
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NotRequired, TypedDict

from fer import settings
from fer.data.archives import SUFFIXES_OF_ARCHIVES, is_archive, place_of, unpacked_folder
from fer.data.classes import USUAL, Classes
from fer.data.compressed import is_compressed_text, plain_name
from fer.data.locking import BUILD_LOCK, locked, write_json
from fer.errors import DatasetError
from fer.people import Action, require
from fer.typed import from_json

SYNTHETIC = "synthetic"
FEEDBACK = "feedback"
_MADE_HERE = {
    SYNTHETIC: "is drawn by the program and cannot be removed.",
    FEEDBACK: "holds the accepted corrections. Reject or delete them to take them out of it.",
}
_REMOVAL_WAITS_S = 5.0
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")


class _Named(TypedDict):
    """What the file of a name holds."""

    path: str
    custom_classes: bool
    classes: NotRequired[Mapping[str, str]]
    origin: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a data set comes from.

    Attributes:
        name: What it is called.
        path: The folder or file, absolute; None for the drawn faces.
        classes: What the names of its classes mean.
        origin: The archive that the path was unpacked from, if any.
    """

    name: str
    path: Path | None
    classes: Classes = USUAL
    origin: str = ""

    @property
    def is_feedback(self) -> bool:
        """Whether it is the data set of the accepted corrections."""
        return self.path == feedback_file()

    @property
    def folder(self) -> Path:
        """Where index, pixels and annotations are kept.

        It is the same for every name of one source, whatever its classes mean and, for an archive,
        whenever it was unpacked: annotations outlive a correction of either. Each meaning has an
        index of its own there.
        """
        if self.path is None or self.is_feedback:
            name = FEEDBACK if self.is_feedback else SYNTHETIC
            return settings.datasets_folder() / "store" / name
        return _store(Path(self.origin) if self.origin else self.path, USUAL)

    @property
    def earlier_folder(self) -> Path:
        """Where earlier versions kept these: a folder of its own for other meanings of classes."""
        if self.path is None or self.is_feedback:
            return self.folder
        return _store(self.path, self.classes)


def resolve(source: str | Path, classes: Classes = USUAL) -> Source:
    """Find a data set by its name or path.

    A data set that has a name keeps what its classes mean, unless other meanings are given.

    Raises:
        DatasetError: If no data set has that name or path.
    """
    if str(source) == SYNTHETIC:
        return Source(name=SYNTHETIC, path=None)
    if str(source) == FEEDBACK and (accepted := _feedback()):
        return accepted[0]
    if isinstance(source, str) and (file := _file(source)) and file.is_file():
        named = _read(file)
        return replace(named, classes=classes) if classes != USUAL else named
    try:
        path = Path(source).expanduser().resolve()
        is_there = path.exists()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have
        is_there = False
    if is_there and path in (feedback_file().resolve(), settings.feedback_folder().resolve()):
        if feedback_file().is_file():
            return feedback_source()  # deletions reach what is made of this one only
        is_there = False
    if not is_there:
        names = ", ".join(known.name for known in registered())
        raise DatasetError(
            f"No data set at '{source}', and none of that name. Known names: {names}. Expected one "
            "of these or a path: a folder such as train/<emotion>/*.jpg and test/<emotion>/*.jpg, "
            "a table such as fer2013.csv or path,label, arrays (.npy, .npz, .h5, .mat), or an "
            "archive of these."
        )
    if is_archive(path):
        place = place_of(path)
        name = place.name.rpartition("-")[0]
        return Source(name=name, path=place, classes=classes, origin=str(path))
    is_packed = path.is_file() and path.suffix.lower() in SUFFIXES_OF_ARCHIVES
    if is_packed and not is_compressed_text(path):
        raise DatasetError(
            f"'{path}' cannot be opened as an archive: it is damaged, cut short or something else. "
            "Download or pack it again."
        )
    name = plain_name(path).stem if path.is_file() else path.name
    return Source(name=name, path=path, classes=classes)


def registered() -> list[Source]:
    """Every data set with a name: the drawn one first, accepted corrections, if any, last."""
    return [Source(name=SYNTHETIC, path=None), *_added(), *_feedback()]


def feedback_file() -> Path:
    """The table of the accepted corrections; there is none until one is accepted."""
    return settings.feedback_folder() / "accepted.parquet"


def feedback_source() -> Source:
    """The data set of the accepted corrections, whether or not there are any."""
    return Source(name=FEEDBACK, path=feedback_file())


def _feedback() -> list[Source]:
    return [feedback_source()] if feedback_file().is_file() else []


def _added() -> list[Source]:
    return [_read(file) for file in sorted((settings.datasets_folder() / "names").glob("*.json"))]


def register(source: Source, *, dry_run: bool = False) -> None:
    """Give a source its name, or only check that it can have it.

    It may have it already, with other meanings of its classes, or unpacked from an earlier state of
    the same archive, which is removed.

    Raises:
        DatasetError: If the name is impossible or taken by another source.
    """
    file = _file(source.name)
    if file is None:
        raise DatasetError(
            f"'{source.name}' cannot be a data set's name. Use up to 64 letters, digits, '-', '_' "
            f"and '.', starting with a letter or digit, and neither '{SYNTHETIC}' nor '{FEEDBACK}'."
        )
    other = _read(file) if file.is_file() else source
    if other.folder != source.folder:
        raise DatasetError(
            f"The name '{source.name}' is taken by '{other.origin or other.path}'. Choose another "
            "name, or remove that data set first."
        )
    require(Action.MANAGE_DATA)
    if not dry_run:
        kept = {
            "path": str(source.path),
            "custom_classes": source.classes.keep_unknown,
            "classes": dict(source.classes.mapping),
            "origin": source.origin,
        }
        write_json(file, kept)
        _remove_made(other)
        _remove_unpacked(other)


def remove(name: str) -> None:
    """Remove a name, its index and its pixels; the user's files and annotations stay.

    Raises:
        DatasetError: If there is no such name, it is the drawn data set, or it is in use.
    """
    require(Action.MANAGE_DATA)
    file = _file(name)
    if name in _MADE_HERE:
        raise DatasetError(f"'{name}' {_MADE_HERE[name]}")
    if file is None or not file.is_file():
        names = ", ".join(known.name for known in _added()) or "none"
        raise DatasetError(f"No data set is called '{name}'. Names that can be removed: {names}.")
    source = _read(file)
    with locked(source.folder / BUILD_LOCK, timeout_s=_REMOVAL_WAITS_S):  # a build may hold it
        file.unlink(missing_ok=True)
        _remove_made(source)
        if all(other.folder != source.folder for other in _added()):
            for made in source.folder.glob("*"):
                if made.name != "overlay.json" and made.suffix != ".lock":
                    with suppress(OSError):  # mapped by another process, on Windows
                        shutil.rmtree(made) if made.is_dir() else made.unlink()
        _remove_unpacked(source)


def _remove_made(source: Source) -> None:
    """Remove what was made for the meaning of a source's classes, unless a name still has it."""
    from fer.data.store import remove_made  # pandas: only whoever adds or removes waits

    kept = {known.classes.key for known in _added() if known.folder == source.folder}
    if source.classes.key not in kept:
        remove_made(source.folder, source.classes.key)


def _remove_unpacked(source: Source) -> None:
    """Remove what a source was unpacked to, unless a name still needs it."""
    unpacked = unpacked_folder()
    if source.path and source.path.is_relative_to(unpacked):
        copy = unpacked / source.path.relative_to(unpacked).parts[0]
        if not any(other.path and other.path.is_relative_to(copy) for other in registered()):
            shutil.rmtree(copy, ignore_errors=True)


def _store(path: Path, classes: Classes) -> Path:
    identity = f"{path}\0{classes.identity}".encode()
    digest = hashlib.blake2b(identity, digest_size=8).hexdigest()
    return settings.datasets_folder() / "store" / f"{path.stem}-{digest}"


def _file(name: str) -> Path | None:
    if name in _MADE_HERE or not _NAME.fullmatch(name):
        return None
    return settings.datasets_folder() / "names" / f"{name}.json"


def _read(file: Path) -> Source:
    try:
        kept = from_json(file.read_bytes(), _Named)
        return Source(
            name=file.stem,
            path=Path(kept["path"]),
            classes=Classes(
                mapping=tuple(sorted(kept.get("classes", {}).items())),
                keep_unknown=kept["custom_classes"],
            ),
            origin=kept["origin"],
        )
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"'{file}', which holds the path of the data set '{file.stem}', is damaged ({error}). "
            "Delete that file and add the data set again."
        ) from None
