"""From a name or path to a data set: reader, store, annotations and splits."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd

from fer import emotions
from fer.data import annotations, archives, hugging_face, kaggle
from fer.data.classes import Classes, UnknownClassesError
from fer.data.corrections import corrections_reader
from fer.data.dataset import Dataset, check_reading, without_annotations
from fer.data.readers import Reader, open_reader
from fer.data.registry import Source, register, registered, resolve
from fer.data.splits import AS_GIVEN, assign_missing
from fer.data.store import last_index, open_stored
from fer.data.synthetic_reader import drawn_reader
from fer.data.votes import COLUMNS, TRUTHS, labelled
from fer.errors import DatasetError
from fer.files import exists
from fer.people import Action, require
from fer.progress import Progress


def load_dataset(
    source: str | Path | Source,
    *,
    height: int = 48,
    width: int = 48,
    channels: int = 1,
    validation_fraction: float = 0.2,
    seed: int = 0,
    classes: Mapping[str, str | None] | None = None,
    custom_classes: bool = False,
    truth: str = "label",
    progress: Progress | None = None,
) -> Dataset:
    """Open a data set, ready for `model.fit` on any backend.

    The first time, its images are decoded in parallel and stored; after that it opens at once,
    and only what has changed is read.

    Args:
        source: A name (`python -m fer data list`), or a path: a folder of class folders, a table
            with pixels (`fer2013.csv`) or over image files, a Parquet or JSON table, arrays
            (`.npy`, `.npz`, `.h5`, `.mat`), a folder or an archive with one of these; or
            `kaggle:<owner>/<name>`, `hf:<owner>/<name>`, or `synthetic` for drawn faces. For arrays
            in memory, see `Dataset.from_arrays`.
        height: Height of the faces in pixels.
        width: Width of the faces in pixels.
        channels: 1 for grey, 3 for RGB.
        validation_fraction: Share of train to hold out for validation if the data set has
            no validation split, 0–1; stratified by class, with equal faces and persons kept
            together.
        seed: Seed of that choice.
        classes: What the source's own names of classes mean, such as `{"0": "angry", "7": None}`:
            an emotion, None to leave the class out, or the name itself to keep the class as one of
            its own. Names that are not given mean what they usually do.
        custom_classes: Keep unknown emotions as classes of their own instead of refusing them.
        truth: `label`, or `votes` for what most annotators chose; see `Dataset.by_votes`.
        progress: Called with faces done and faces planned; for an archive twice, as it is
            unpacked and as its images are read.

    Raises:
        DatasetError: If there is no such data set, it holds no known class, or the truth is unknown
            or needs votes that it does not have.
        ConfigError: If a number is impossible.
    """
    check_reading(height, width, channels, validation_fraction, seed)
    if truth not in TRUTHS:
        raise DatasetError(f"Unknown truth '{truth}'. Known: {', '.join(TRUTHS)}.")
    resolved = _resolve(source, Classes.of(classes, keep_unknown=custom_classes), progress)
    with _nothing_left(resolved):
        stored = open_stored(
            resolved.folder,
            _reader(resolved, max(height, width), progress),
            (height, width, channels),
            classes=resolved.classes.key,
            progress=progress,
        )
    index = stored.index
    rule = assign_missing(index, validation_fraction=validation_fraction, seed=seed)
    annotations.adopt(resolved.earlier_folder, resolved.folder)
    if resolved.is_feedback:
        rule = rule.replace(AS_GIVEN, "a third held out as test, by contributor")
    index = annotations.apply(index, resolved.folder)
    dataset = Dataset(
        name=resolved.name,
        index=index,
        pixels=stored.pixels,
        labels=emotions.ordered(index["label"].unique()),
        split_rule=rule,
        synthetic=resolved.path is None,
        skipped=stored.skipped,
        source_format=stored.source_format,
        folder=resolved.folder,
    )
    return dataset.by_votes() if truth == "votes" else dataset


def remembered_faces(
    source: str, *, validation_fraction: float = 0.2, seed: int = 0, truth: str = "label"
) -> pd.DataFrame | None:
    """`label`, `split`, `excluded` and any votes of a data set's faces when it was last read.

    They are as a training takes them: with annotations in `train`, and elsewhere as given. This
    takes no look at the files. None if the data set was never read; the arguments are those of
    `load_dataset`.

    Raises:
        DatasetError: If there is no such data set, or the truth needs votes that it does not have.
    """
    resolved = resolve(source)
    index = last_index(
        resolved.folder, resolved.classes.key, ("path", "label", "split", "hash", "subject"),
        optional=COLUMNS,
    )  # fmt: skip
    if index is None:
        return None
    assign_missing(index, validation_fraction=validation_fraction, seed=seed)
    index = annotations.apply(index, resolved.folder)
    if truth == "votes":
        index = labelled(index, resolved.name)
    given = without_annotations(index)
    parts = index[index["split"] == "train"], given[~given["split"].isin(["", "train"])]
    return pd.concat(parts)


def add(
    source: str | Path,
    *,
    name: str | None = None,
    classes: Mapping[str, str | None] | None = None,
    custom_classes: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Read a source once, and give it a name that `load_dataset` accepts.

    Args:
        source: As for `load_dataset`, like `classes`, `custom_classes` and `progress`.
        name: Its name; None for that of its folder or file.

    Raises:
        DatasetError: If the source cannot be read, or the name is impossible or taken.
    """
    require(Action.MANAGE_DATA)  # before anything is unpacked
    resolved = _resolve(source, Classes.of(classes, keep_unknown=custom_classes), progress)
    resolved = replace(resolved, name=name or resolved.name)
    register(resolved, dry_run=True)
    for known in registered():
        if known.folder == resolved.folder:  # under another state of the archive
            annotations.adopt(known.earlier_folder, known.folder)
    dataset = load_dataset(resolved, validation_fraction=0, progress=progress)
    register(resolved)
    return dataset


def _resolve(source: str | Path | Source, classes: Classes, progress: Progress | None) -> Source:
    if isinstance(source, Source):
        return source
    if isinstance(source, str) and source.startswith(kaggle.PREFIX):
        return kaggle.locate(source, classes)
    if isinstance(source, str) and source.startswith(hugging_face.PREFIX):
        return hugging_face.locate(source, classes, progress=progress)
    return resolve(source, classes)


@contextmanager
def _nothing_left(source: Source) -> Iterator[None]:
    """Remove what was made for a source that turns out to be no data set.

    What was there before stays, and so do faces that were decoded before the disk was full.
    """
    place = source.path if source.origin else None
    is_unpacked, is_stored = place is None or place.exists(), source.folder.exists()
    try:
        yield
    except DatasetError as error:
        if place and not is_unpacked:
            shutil.rmtree(place, ignore_errors=True)
        decoded = sum(file.stat().st_size for file in source.folder.rglob("*pixels"))
        if not is_stored and not decoded:
            shutil.rmtree(source.folder, ignore_errors=True)
        if not source.origin:
            raise
        if isinstance(error, UnknownClassesError):
            raise error.named(source.origin) from error
        # Nobody knows the folder that the archive was unpacked to.
        raise DatasetError(str(error).replace(str(place), source.origin)) from error


def _reader(source: Source, side: int, progress: Progress | None) -> Reader:
    """The reader of a source, which is unpacked if it comes from an archive.

    `side` is that of drawn faces, in pixels.
    """
    path = source.path
    if path is None:
        return drawn_reader(side)
    if source.origin and not path.exists():
        with archives.new_folder(path) as folder:
            archives.unpack(Path(source.origin), folder, progress=progress)
    if not exists(path):
        raise DatasetError(
            f"'{path}', the source of the data set '{source.name}', no longer exists. Put it back, "
            "or remove the data set."
        )
    if source.is_feedback:
        return corrections_reader(path)
    return open_reader(path, source.classes)
