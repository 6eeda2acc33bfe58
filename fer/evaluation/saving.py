"""A model's network as a file for other programs, with a report of what the file answers."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from fer import models
from fer.data import Dataset
from fer.errors import DatasetError, ModelError
from fer.evaluation.figures import dataset_for
from fer.evaluation.parity import parity
from fer.files import write_text
from fer.importing import extras
from fer.models import formats
from fer.models.card import ModelCard
from fer.progress import Progress
from fer.wording import counted, split_name

_FACES = 1000


@extras()
def save(
    model: str | Path,
    file: str | Path,
    data: str | Path | Dataset | None = None,
    split: str = "test",
    *,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write a model's network for other programs, and compare the file with it.

    Args:
        model: A model's name or folder.
        file: The file to write: `.keras`, `.h5`, `.json` with its weights beside it, `.onnx`, or
            `.tflite` for apps.
        data: The faces to compare on, as in `evaluate`. None takes the data set that the model was
            trained or checked on, if it is here, or else drawn faces, which the report marks.
        split: The split to compare on; at most 1,000 faces of it are used.
        progress: Called with faces done and faces planned.

    Returns:
        The report, which is also kept in `<file>.parity.json`: the `model`, the `files` written,
        and in `forms` the original and the file with `bytes` and all that
        `fer.evaluation.parity.parity` gives.

    Raises:
        FerError: If the model or the data set cannot be used, or the file cannot be written.
    """
    path = Path(file).expanduser()
    formats.check_suffix(path)
    folder = models.find(model)
    loaded = models.load(folder)
    dataset = _faces_to_compare(loaded.card, data, split, progress)
    files = formats.write(loaded, folder, path)
    written = {path.name: formats.read(path, loaded)}
    rows = parity(loaded, written, dataset, split, most=_FACES, progress=progress)
    original = folder / models.FORMS[loaded.form]
    for name, parts in ((loaded.form, [original]), (path.name, files)):
        rows[name] = {"bytes": sum(part.stat().st_size for part in parts), **rows[name]}
    report = {
        "model": loaded.card.name,
        "model_sha256": loaded.card.model_sha256,
        "files": [str(one) for one in files],
        "forms": rows,
    }
    try:
        write_text(Path(f"{path}.parity.json"), json.dumps(report, indent=2) + "\n")
    except OSError as error:
        raise ModelError(f"The report cannot be written beside '{path}': {error}.") from error
    return report


def _faces_to_compare(
    card: ModelCard, data: str | Path | Dataset | None, split: str, progress: Progress | None
) -> Dataset:
    """The faces that are named, or those that the model learnt or was checked on, or drawn ones."""
    if data is not None:
        dataset = dataset_for(card, data, progress=progress)
        dataset.select(split)  # fails before anything is written
        return dataset
    for known in (card.data.get("name"), card.contract.get("checked", {}).get("dataset")):
        with suppress(DatasetError):  # it is not here, or has no such split
            if known:
                return _faces_to_compare(card, known, split, progress)
    return _faces_to_compare(card, "synthetic", split, progress)


def summary(report: Mapping[str, Any]) -> str:
    """A report of `save` in words."""
    original, written = report["forms"].values()
    faces = counted(written["images"], "drawn face" if written["synthetic"] else "face")
    accuracy = ""
    if written["accuracy"] is not None and not written["synthetic"]:
        accuracy = (
            f" Accuracy is {written['accuracy']:.1%}, the model's {original['accuracy']:.1%}."
        )
    return (
        f"Compared with the model on {faces} of {written['dataset']}, split "
        f"{split_name(written['split'])}: the same answer for {written['same_answer']:.1%}; a "
        f"probability differs by {written['largest_difference']:.1e} at most.{accuracy}"
    )
