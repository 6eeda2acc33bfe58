"""How models come and go: LiteRT for phones, and the formats of other programs."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fer import api
from fer.api import Progress
from fer.importing import extras

if TYPE_CHECKING:
    from fer.data import Dataset
    from fer.models.card import ModelCard
    from fer.models.model import Model

_CALIBRATION_FACES = 500


@extras()
def export(
    model: str | Path,
    data: "str | Path | Dataset",
    split: str = "test",
    *,
    progress: Progress | None = None,
) -> "ModelCard":
    """Write a model's LiteRT forms, and what each form is worth into its card.

    Args:
        model: A model's name or folder.
        data: As for `evaluate`; some of its training faces set the ranges of the int8 numbers.
        split: What the forms are measured on.
        progress: Called with faces done and planned.

    Returns:
        The card as written, with `forms`.

    Raises:
        FerError: If the model or the data set cannot be used, or the folder not be written.
    """
    from fer import models
    from fer.models import litert

    folder = models.find(model)
    loaded = models.load(folder)
    dataset = api.dataset_for(loaded.card, data, progress)
    dataset.select(split)  # what cannot be measured is not written
    train = dataset.select("train").pixels
    faces = train[:: max(1, len(train) // _CALIBRATION_FACES)]
    files = litert.convert(loaded.network, np.ascontiguousarray(faces))
    card = models.save_forms(files, loaded.card, folder)
    forms = {}
    for form in models.FORMS:
        one = models.load(folder, form=form)
        measured = api.evaluate(one, dataset, split, progress=progress)
        forms[form] = {
            **card.forms[form],
            **{name: measured[name] for name in ("split", "images", "accuracy", "accuracy_ci95")},
            "one_face_ms": round(_median_ms(one, faces[:1]), 3),
        }
    card = replace(card, forms=forms)
    models.save_card(card, folder)
    return card


@extras()
def save(model: str | Path, file: str | Path) -> list[Path]:
    """Write a model's network for other programs: `.keras`, `.h5`, or `.json` with its weights.

    Args:
        model: A model's name or folder.
        file: Where to; the suffix says how.

    Returns:
        The files written.

    Raises:
        FerError: If the model cannot be used, or the file not be written.
    """
    from fer import models
    from fer.models import formats

    return formats.save_network(models.load(model).network, Path(file).expanduser())


@extras()
def adopt(
    file: str | Path, labels: Sequence[str], *, out: str | Path, scale: str = "0-1"
) -> "ModelCard":
    """Make a model of a network that was trained elsewhere.

    Args:
        file: A `.keras` or `.h5` file, or `.json` with `.weights.h5` beside it.
        labels: The classes in the order of its outputs. Keras' folder readers take them
            alphabetically.
        out: Folder of the model; a model that is there is replaced.
        scale: The grey values that it expects: `0-255`, `0-1` or `-1-1`.

    Returns:
        The card as written. It has no figures until `evaluate` gives some.

    Raises:
        FerError: If the network cannot be read or does not fit, or the folder not be written.
    """
    from fer import models
    from fer.faces.alignment import FER2013_FRAMING
    from fer.models import formats

    folder = Path(out).expanduser().resolve()
    models.check_replaceable(folder)
    model, card = formats.adopt(
        formats.open_network(Path(file).expanduser()),
        labels,
        name=folder.name,
        scale=scale,
        framing=FER2013_FRAMING.to_dict(),
    )
    card = replace(card, versions=api.versions(), created=api.now())
    return models.save(model, card, folder)


def _median_ms(model: "Model", face: np.ndarray) -> float:
    spent = []
    for _ in range(200):
        start = time.perf_counter()
        model.classify(face)
        spent.append(time.perf_counter() - start)
    return float(np.median(spent)) * 1000
