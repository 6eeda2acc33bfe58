"""Marks made by hand: faces left out, and labels put right.

They lie in one small file beside the index, never in the user's data. A mark holds for a path
and the content that was there: a file that was changed since has no marks.
"""

import csv
import io
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


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What was decided about one face.

    Attributes:
        hash: Content of the face when it was marked.
        excluded: Whether it is left out.
        label: The right label; None where the data set's own holds.
    """

    hash: str
    excluded: bool = False
    label: str | None = None


def read(dataset: Dataset | str | Path) -> dict[str, Mark]:
    """Marks by path; an empty dictionary where nothing is marked.

    Args:
        dataset: The data set, or its name or path.

    Raises:
        DatasetError: If there is no such data set, or its file of marks is damaged.
    """
    return _merged(_steps(_file(dataset)))


def mark(
    dataset: Dataset,
    paths: Sequence[str],
    *,
    excluded: bool | None = None,
    label: str | None = None,
) -> None:
    """Decide about faces; one call is one step that `undo` takes back.

    Args:
        dataset: The data set that the paths stand in.
        paths: Values of its index column `path`.
        excluded: Leave them out, or take them in again; None leaves that as it is.
        label: Their right label: an emotion, an alias, or a class of the data set; None leaves
            that as it is.

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


def undo(dataset: Dataset | str | Path, paths: Sequence[str] | None = None) -> int:
    """Take back the last step, or every mark of some faces.

    Args:
        dataset: The data set, or its name or path.
        paths: The faces; None for the last step.

    Returns:
        The number of faces whose marks changed.
    """
    file = _file(dataset)
    with locked(file.with_suffix(".lock")):
        steps = _steps(file)
        before = _merged(steps)
        if paths is None:
            steps = steps[:-1]
        else:
            gone = set(paths)
            for step in steps:
                step["faces"] = {p: h for p, h in step["faces"].items() if p not in gone}
            steps = [step for step in steps if step["faces"]]
        write_json(file, {"version": 1, "steps": steps})
    after = _merged(steps)
    return sum(before.get(path) != after.get(path) for path in before.keys() | after.keys())


def export(dataset: Dataset | str | Path) -> str:
    """The marks as CSV: `path,hash,excluded,label`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("path", "hash", "excluded", "label"))
    for path, decided in sorted(read(dataset).items()):
        writer.writerow((path, decided.hash, int(decided.excluded), decided.label or ""))
    return text.getvalue()


def apply(index: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The index with `excluded`, `label_original`, and the labels that were put right.

    Args:
        index: With the columns `path`, `hash` and `label`.
        folder: Where the data set keeps its marks.
    """
    index = index.assign(excluded=False, label_original=index["label"])
    marks = _merged(_steps(folder / FILE))
    if not marks:
        return index
    found = index.loc[index["path"].isin(list(marks)), ["path", "hash"]]
    held = {
        row: marks[path] for row, path, digest in found.itertuples() if marks[path].hash == digest
    }
    excluded = [row for row, decided in held.items() if decided.excluded]
    labels = {row: decided.label for row, decided in held.items() if decided.label}
    index.loc[excluded, "excluded"] = True
    index.loc[list(labels), "label"] = list(labels.values())
    return index


def _file(dataset: Dataset | str | Path) -> Path:
    folder = dataset.folder if isinstance(dataset, Dataset) else resolve(dataset).folder
    if folder is None:
        raise DatasetError("Marks need a data set that was loaded by name or path.")
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
            f"The marks in '{file}' cannot be read ({error!r}). Mend the file, or move it away to "
            "start without marks."
        ) from None
    return steps


def _merged(steps: Sequence[dict[str, Any]]) -> dict[str, Mark]:
    marks: dict[str, Mark] = {}
    for step in steps:
        for path, digest in step["faces"].items():
            before = marks.get(path)
            if before is None or before.hash != digest:
                before = Mark(hash=digest)
            excluded = before.excluded if step["excluded"] is None else step["excluded"]
            marks[path] = Mark(hash=digest, excluded=excluded, label=step["label"] or before.label)
    return {path: mark for path, mark in marks.items() if mark.excluded or mark.label}
