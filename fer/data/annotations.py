"""Annotations: faces excluded and labels corrected by hand.

They are kept in one small file beside the index, never in the user's data. An annotation applies
to a path and the content it had: a file that has changed since has none.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from fer import emotions
from fer.data.dataset import Dataset
from fer.data.locking import locked, write_json
from fer.data.registry import resolve
from fer.errors import DatasetError

FILE = "overlay.json"
"""Its name and form are those of version 1, so that old files stay readable."""


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """A decision about one face.

    Attributes:
        hash: Content of the face when it was annotated.
        excluded: Whether it is excluded.
        label: The corrected label; None if the data set's own applies.
    """

    hash: str
    excluded: bool = False
    label: str | None = None


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
) -> None:
    """Exclude or relabel faces; one call is one step, which `undo` reverts.

    Args:
        dataset: The data set.
        paths: Values of its index column `path`.
        excluded: Whether to exclude them; None keeps the present decision.
        label: The correct label: an emotion, an alias, or a class of the data set; None keeps the
            present one.

    Raises:
        DatasetError: If a path is not in the data set, or it is only in memory.
        LabelError: If the label is not known.
    """
    if label is not None and label not in dataset.labels:
        label = emotions.canonical(label)
    hashes = dataset.index.set_index("path")["hash"]
    if unknown := [path for path in paths if path not in hashes.index]:
        raise DatasetError(f"'{dataset.name}' has no face '{unknown[0]}'.")
    step = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "excluded": excluded,
        "label": label,
        "faces": {path: str(hashes[path]) for path in paths},
    }
    file = _file(dataset)
    with locked(file.with_suffix(".lock")):
        write_json(file, {"version": 1, "steps": [*_steps(file), step]})


def can_undo(dataset: Dataset | str | Path) -> bool:
    """Whether there is a step to revert; it may have been one that ended an annotation."""
    return bool(_steps(_file(dataset)))


def undo(dataset: Dataset | str | Path, paths: Sequence[str] | None = None) -> int:
    """Revert the last step, or every annotation of some faces.

    Args:
        dataset: The data set, or its name or path.
        paths: The faces; None for the last step.

    Returns:
        The number of faces whose annotations changed.
    """
    file = _file(dataset)
    with locked(file.with_suffix(".lock")):
        steps = _steps(file)
        before = _merged(steps)
        if paths is None:
            steps = steps[:-1]
        else:
            reverted = set(paths)
            for step in steps:
                step["faces"] = {p: h for p, h in step["faces"].items() if p not in reverted}
            steps = [step for step in steps if step["faces"]]
        write_json(file, {"version": 1, "steps": steps})
    after = _merged(steps)
    return sum(before.get(path) != after.get(path) for path in before.keys() | after.keys())


def export(dataset: Dataset | str | Path) -> str:
    """The annotations as CSV: `path,hash,excluded,label`."""
    rows = [
        (path, given.hash, int(given.excluded), given.label or "")
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


def _file(dataset: Dataset | str | Path) -> Path:
    folder = dataset.folder if isinstance(dataset, Dataset) else resolve(dataset).folder
    if folder is None:
        raise DatasetError("Annotations need a data set that was loaded by name or path.")
    return folder / FILE


def _steps(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        steps: list[dict[str, Any]] = kept["steps"]
        if kept["version"] != 1:
            raise ValueError(f"version {kept['version']}")
        _merged(steps)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"The annotations in '{file}' cannot be read ({error!r}). Repair the file, or move it "
            "away to start without annotations."
        ) from None
    return steps


def _merged(steps: Sequence[dict[str, Any]]) -> dict[str, Annotation]:
    merged: dict[str, Annotation] = {}
    for step in steps:
        for path, digest in step["faces"].items():
            before = merged.get(path)
            if before is None or before.hash != digest:
                before = Annotation(hash=digest)
            excluded = before.excluded if step["excluded"] is None else step["excluded"]
            label = step["label"] or before.label
            merged[path] = Annotation(hash=digest, excluded=excluded, label=label)
    return {path: given for path, given in merged.items() if given.excluded or given.label}
