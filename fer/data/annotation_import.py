"""Annotations from a CSV file, such as `annotations.export` writes; every other row is named."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from fer import emotions
from fer.data.annotations import Annotation, classes
from fer.data.dataset import Dataset
from fer.errors import DatasetError
from fer.wording import from_cell

_YES, _NO = ("1", "true", "yes"), ("0", "false", "no", "")


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What a file holds.

    Attributes:
        given: Annotations by path, for `annotations.annotate_each`.
        refused: (path, reason) of each row that is not among them.
        new_classes: Emotions in the file that are no class of the data set.
    """

    given: Mapping[str, Annotation]
    refused: tuple[tuple[str, str], ...]
    new_classes: tuple[str, ...]


def read_csv(dataset: Dataset, content: bytes, *, add_classes: bool = False) -> Imported:
    """Read annotations; nothing is written yet.

    Args:
        dataset: Whose faces they are about.
        content: A CSV file with `path`, and `excluded` (0 or 1), `label` or both. With `hash`, a
            row counts only for a face of that content.
        add_classes: Whether labels may be emotions that are no class of the data set yet.

    Raises:
        DatasetError: If it is no such file.
    """
    known = classes(dataset)
    hashes = dict(zip(dataset.index["path"], dataset.index["hash"], strict=True))
    given: dict[str, Annotation] = {}
    refused, new_classes = [], set()
    for row in _rows(content):
        path = row["path"]
        label, excluded = row.get("label", ""), row.get("excluded", "").lower()
        if label and label not in known and emotions.is_known(label):
            label = emotions.canonical(label)
            if label not in known:
                new_classes.add(label)
        if path not in hashes:
            reason = f"'{dataset.name}' has no face of this path"
        elif path in given:
            reason = "the path is in an earlier row, too"
        elif row.get("hash", "") not in ("", hashes[path]):
            reason = "the face has another content than when it was annotated"
        elif label and label not in known and not (add_classes and label in new_classes):
            reason = f"'{label}' is not a class of '{dataset.name}' ({', '.join(known)})"
        elif excluded not in (*_YES, *_NO):
            reason = f"excluded is '{excluded}'; expected 0 or 1"
        elif excluded in _NO and not label:
            reason = "neither excluded nor labelled"
        else:
            is_excluded = excluded in _YES
            given[path] = Annotation(hash=hashes[path], excluded=is_excluded, label=label or None)
            continue
        refused.append((path, reason))
    return Imported(given=given, refused=tuple(refused), new_classes=emotions.ordered(new_classes))


def _rows(content: bytes) -> list[dict[str, str]]:
    expected = "Expected the columns path, excluded, label, as the export writes them."
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DatasetError(f"The file is not UTF-8 text. {expected}") from None
    header, _, _ = text.partition("\n")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    try:
        table = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DatasetError(f"The file is no CSV table ({error}). {expected}") from None
    names = [name.strip().lower() for name in table[0]] if table else []
    if "path" not in names or not {"excluded", "label"} & set(names):
        found = ", ".join(names)[:200] or "nothing"
        raise DatasetError(f"The file's first row is: {found}. {expected}")
    padding = [""] * len(names)
    return [
        dict(zip(names, (from_cell(cell.strip()) for cell in [*row, *padding]), strict=False))
        for row in table[1:]
        if any(row)
    ]
