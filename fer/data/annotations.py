"""Annotations: faces excluded and labels corrected by hand.

They are kept in one small file beside the index, never in the user's data. An annotation applies
to a path and the content it had: a file that has changed since has none.
"""

import secrets
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NotRequired, TypedDict

import pandas as pd

from fer import emotions
from fer.data.dataset import Dataset
from fer.data.locking import locked, write_json
from fer.data.registry import resolve
from fer.errors import DatasetError
from fer.people import Action, acting, require
from fer.typed import from_json
from fer.wording import as_cell

FILE = "overlay.json"
"""Its name and form are those of version 1, so that old files stay readable."""


class _Step(TypedDict):
    """One decision about faces, by path with the hash of each."""

    time: NotRequired[str]
    by: NotRequired[str]
    group: NotRequired[str]
    excluded: bool | None
    label: str | None
    faces: Mapping[str, str]


class _File(TypedDict):
    """What the file holds."""

    version: int
    steps: Sequence[_Step]


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """A decision about one face.

    Attributes:
        hash: Content of the face when it was annotated.
        excluded: Whether it is excluded.
        label: The corrected label; None if the data set's own applies.
        by: Who annotated it last, "" where nobody had to sign in.
        when: When that was, ISO 8601, UTC; "" where it is not known.
    """

    hash: str
    excluded: bool = False
    label: str | None = None
    by: str = field(default="", compare=False)
    when: str = field(default="", compare=False)


def read(dataset: Dataset | str | Path) -> dict[str, Annotation]:
    """Annotations by path; empty if there are none.

    Args:
        dataset: The data set, or its name or path.

    Raises:
        DatasetError: If there is no such data set, or its annotations are damaged.
    """
    return _merged(_steps(_file(dataset)))


def annotate(
    dataset: Dataset,
    paths: Sequence[str],
    *,
    excluded: bool | None = None,
    label: str | None = None,
    add_class: bool = False,
) -> None:
    """Exclude or relabel faces, or end that; one call is one step, which `undo` reverts.

    Args:
        dataset: The data set.
        paths: Values of its index column `path`.
        excluded: Whether to exclude them; None keeps the present decision.
        label: The correct label: a class of the data set or an alias of one; "" for the data set's
            own label, None keeps the present one.
        add_class: Whether the label may be an emotion that is no class of the data set yet.

    Raises:
        DatasetError: If a path is not in the data set, it is only in memory, or the label would
            add a class unasked.
        LabelError: If the label is not known.
    """
    if label:
        label = _known_label(dataset, label, add_class=add_class)
    _append(dataset, [(paths, excluded, label)])


def annotate_each(dataset: Dataset, given: Mapping[str, Annotation]) -> None:
    """Annotate each face in its own way, as one step; the labels are taken as they are.

    Args:
        dataset: The data set.
        given: The annotations by path; no label keeps the present one.

    Raises:
        DatasetError: As for `annotate`.
    """
    alike: dict[tuple[bool, str | None], list[str]] = {}
    for path, one in given.items():
        alike.setdefault((one.excluded, one.label), []).append(path)
    _append(dataset, [(paths, *decision) for decision, paths in alike.items()])


def _append(
    dataset: Dataset, decisions: Sequence[tuple[Sequence[str], bool | None, str | None]]
) -> None:
    """Write (paths, excluded, label) down, so that one `undo` reverts all of them."""
    require(Action.ANNOTATE)
    hashes = dataset.index.set_index("path")["hash"]
    known = set(hashes.index)
    if unknown := [path for paths, *_ in decisions for path in paths if path not in known]:
        raise DatasetError(f"'{dataset.name}' has no face '{unknown[0]}'.")
    group = secrets.token_hex(8)
    steps: list[_Step] = [
        {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "group": group,
            "excluded": excluded,
            "label": label,
            "faces": {path: str(hashes[path]) for path in paths},
            "by": acting().name,
        }
        for paths, excluded, label in decisions
    ]
    file = _file(dataset)
    with locked(file.with_suffix(".lock")):
        write_json(file, {"version": 1, "steps": [*_steps(file), *steps]})


def classes(dataset: Dataset) -> tuple[str, ...]:
    """The classes that training learns, in the one order: those of the data set's own labels.

    They include annotated ones, but none that only votes bring.
    """
    index = dataset.index
    own = set(index.get("label_given", index["label"])) | set(index.get("label_by_hand", ()))
    return emotions.ordered(own - {""})


def _known_label(dataset: Dataset, label: str, *, add_class: bool) -> str:
    known = classes(dataset)
    if label in known:
        return label
    label = emotions.canonical(label)
    if label not in known and not add_class:
        raise DatasetError(
            f"'{label}' is not a class of '{dataset.name}', which has {', '.join(known)}. "
            "Choose one of these, or add the class knowingly: add_class=True."
        )
    return label


def can_undo(dataset: Dataset | str | Path) -> bool:
    """Whether there is a step to revert; it may have been one that ended an annotation."""
    return bool(_steps(_file(dataset)))


def undo(dataset: Dataset | str | Path) -> int:
    """Revert the last step, and return the number of faces whose annotations changed."""
    require(Action.ANNOTATE)
    file = _file(dataset)
    with locked(file.with_suffix(".lock")):
        steps = _steps(file)
        kept = steps[:-1]
        while kept and steps[-1].get("group", "") == kept[-1].get("group"):
            kept = kept[:-1]
        write_json(file, {"version": 1, "steps": kept})
    before, after = _merged(steps), _merged(kept)
    return sum(before.get(path) != after.get(path) for path in before.keys() | after.keys())


def export(dataset: Dataset | str | Path) -> str:
    """The annotations as CSV: `path,hash,excluded,label`."""
    rows = [
        (as_cell(path), given.hash, int(given.excluded), as_cell(given.label or ""))
        for path, given in sorted(read(dataset).items())
    ]
    table = pd.DataFrame(rows, columns=["path", "hash", "excluded", "label"])
    return str(table.to_csv(index=False, lineterminator="\n"))


def apply(index: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Add `excluded`, `label_original` and `label_by_hand` to an index, and correct its labels.

    The annotations are in the data set's `folder`; the index has `path`, `hash` and `label`.
    """
    index = index.assign(excluded=False, label_original=index["label"], label_by_hand="")
    given = _merged(_steps(folder / FILE))
    if not given:
        return index
    faces = index.loc[index["path"].isin(list(given)), ["path", "hash"]]
    valid = {
        row: given[path] for row, path, digest in faces.itertuples() if given[path].hash == digest
    }
    excluded = [row for row, annotation in valid.items() if annotation.excluded]
    labels = {row: annotation.label for row, annotation in valid.items() if annotation.label}
    index.loc[excluded, "excluded"] = True
    for column in ("label", "label_by_hand"):
        index.loc[list(labels), column] = list(labels.values())
    return index


def adopt(earlier: Path, folder: Path) -> None:
    """Move annotations from a data set's earlier folder, which goes, to the one that it has now."""
    if earlier == folder or not earlier.is_dir():
        return
    old, new = earlier / FILE, folder / FILE
    with locked(new.with_suffix(".lock")):
        if old.is_file():
            write_json(new, {"version": 1, "steps": [*_steps(old), *_steps(new)]})
        shutil.rmtree(earlier, ignore_errors=True)


def forget_others(folder: Path, paths: Collection[str]) -> None:
    """Remove what was noted of all faces but these for good, as if it had never been.

    Args:
        folder: The data set's.
        paths: Of the faces that stay.

    Raises:
        DatasetError: If the annotations are damaged or cannot be written.
    """
    file = folder / FILE
    if not file.is_file():
        return
    with locked(file.with_suffix(".lock")):
        steps = _steps(file)
        if all(path in paths for step in steps for path in step["faces"]):
            return
        for step in steps:
            step["faces"] = {path: step["faces"][path] for path in step["faces"].keys() & paths}
        write_json(file, {"version": 1, "steps": [step for step in steps if step["faces"]]})


def _file(dataset: Dataset | str | Path) -> Path:
    folder = dataset.folder if isinstance(dataset, Dataset) else resolve(dataset).folder
    if folder is None:
        raise DatasetError("Annotations need a data set that was loaded by name or path.")
    return folder / FILE


def _steps(file: Path) -> list[_Step]:
    if not file.is_file():
        return []
    try:
        kept: _File = from_json(file.read_bytes(), _File)
        if kept["version"] != 1:
            raise ValueError(f"it has version {kept['version']}")
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"The annotations in '{file}' cannot be read ({error}). Repair the file, or move it "
            "away to start without annotations."
        ) from None
    return list(kept["steps"])


def _merged(steps: Sequence[_Step]) -> dict[str, Annotation]:
    merged: dict[str, Annotation] = {}
    for step in steps:
        for path, digest in step["faces"].items():
            before = merged.get(path)
            if before is None or before.hash != digest:
                before = Annotation(hash=digest)
            excluded = before.excluded if step["excluded"] is None else step["excluded"]
            label = before.label if step["label"] is None else step["label"] or None
            merged[path] = Annotation(
                hash=digest, excluded=excluded, label=label,
                by=step.get("by", ""), when=step.get("time", ""),
            )  # fmt: skip
    return {path: given for path, given in merged.items() if given.excluded or given.label}
