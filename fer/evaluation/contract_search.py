"""The search for the contract of a network from elsewhere: every scale is tried on labelled faces.

The faces are of the validation part of a data set, never of a test.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer import models
from fer.data import Dataset, load_dataset
from fer.errors import DatasetError, ModelError
from fer.evaluation.contract import ContractSearch
from fer.evaluation.figures import dataset_for
from fer.importing import extras
from fer.models.adoption import adopt_network, faces_and_classes, network_inside
from fer.models.card import ModelCard
from fer.models.keras_files import read_network
from fer.models.model import Model
from fer.models.pixel_scales import SCALES, PixelScale
from fer.people import Action, require
from fer.progress import Progress

if TYPE_CHECKING:
    import keras

FACES = 1200
"""Most faces that a search uses, so that it takes a minute and not an hour."""

FEWEST = 40
"""With fewer faces nothing is tried. Whether there are enough, `ContractSearch.doubts` tells."""

_BATCH = 48

Outputs = Callable[[np.ndarray], np.ndarray]
"""Scaled faces, float32 (n, height, width, channels) → one number a class, (n, classes)."""


@extras()
def search_contract(
    file: str | Path,
    data: str | Path | Dataset,
    *,
    weights: str | Path | None = None,
    output: str | None = None,
    progress: Progress | None = None,
) -> ContractSearch:
    """Find the scale and the order of labels that fit a network from elsewhere.

    Every scale is tried on faces of the data set's validation part, never on a test.

    Args:
        file: The network, as `adopt` takes it, like `weights`.
        data: A data set in the network's shape, or what `load_dataset` takes.
        weights: The weights of a `.json` file.
        output: Name of the output of an ONNX network that has several.
        progress: Called with faces done and faces planned.

    Returns:
        The search; its `fits()` are ranked, and `objections(scale, labels)` judges a contract.

    Raises:
        FerError: If the network or the data set cannot be used.
    """
    path = Path(file).expanduser()
    if path.suffix.lower() == ".onnx":
        from fer.models import onnx_reading

        foreign = onnx_reading.read_network(path, output=output)
        return _search(foreign.run, foreign.shape, foreign.classes, data, progress)
    beside = Path(weights).expanduser() if weights else None
    return search_network(read_network(path, weights=beside), data, progress=progress)


@extras()
def check_contract(
    model: str | Path, data: str | Path | Dataset, *, progress: Progress | None = None
) -> ContractSearch:
    """Check the scale and the labels of a model that was adopted, and note in its card if they fit.

    The model is a name or a folder; the rest is as in `search_contract`.

    Raises:
        FerError: If the model or the data set cannot be used, or the card cannot be written.
    """
    require(Action.MANAGE_MODELS)
    folder = models.writable(models.find(model))
    loaded = models.load(folder)
    if loaded.card.data:
        raise ModelError(
            f"'{loaded.card.name}' was trained here, so that its labels and scale are known. Only "
            "networks from elsewhere are checked."
        )
    search = search_model(loaded, data, progress=progress)
    if checked := search.checked(scale_of(loaded.card), loaded.card.labels):
        kept = {**loaded.card.contract, "checked": checked}
        models.save_card(replace(loaded.card, contract=kept), folder)
    return search


def adopt_again(
    model: str | Path, labels: Sequence[str], *, scale: str, checked: Mapping[str, Any]
) -> ModelCard:
    """Give a model that was adopted another scale and other labels.

    Its card begins anew: what was measured or fitted with the old ones holds no more.

    Args:
        model: A name or a folder.
        labels: As for `fer.models.adoption.adopt`, like `scale` and `checked`.

    Raises:
        ModelError: If its own network cannot be taken out of it, or the folder cannot be written.
    """
    folder = models.find(model)
    loaded = models.load(folder)
    inside = network_inside(loaded.network)
    if inside is None:
        raise ModelError(
            f"'{loaded.card.name}' does not hold the network that it was adopted from. Add that "
            "network again from its own file."
        )
    return adopt_network(inside, labels, out=folder.resolve(), scale=scale, checked=checked)


def search_network(
    network: "keras.Model", data: str | Path | Dataset, *, progress: Progress | None = None
) -> ContractSearch:
    """Try a network under every scale on faces of a data set's validation part, never on a test.

    Args:
        network: As it came from elsewhere, from scaled faces to one number a class.
        data: A data set in the network's shape, or what `load_dataset` takes.
        progress: Called with faces done and faces planned, over all scales.

    Raises:
        ModelError: If the network does not go from faces to classes.
        DatasetError: If the data set cannot be used, or has too few validation faces.
    """
    return _search(network.predict_on_batch, *faces_and_classes(network), data, progress)


def _search(
    outputs_of: Outputs,
    shape: tuple[int, int, int],
    classes: int,
    data: str | Path | Dataset,
    progress: Progress | None,
) -> ContractSearch:
    height, width, channels = shape
    dataset = (
        data
        if isinstance(data, Dataset)
        else load_dataset(data, height=height, width=width, channels=channels, progress=progress)
    )
    return try_scales(outputs_of, dataset, outputs=classes, progress=progress)


def search_model(
    model: Model, data: str | Path | Dataset, *, progress: Progress | None = None
) -> ContractSearch:
    """As `search_network`, for a model that was adopted.

    If the network cannot be taken out of it again, or its card does not name its scale, only the
    order of the labels is searched, under the name that `scale_of` gives.
    """
    scale = scale_of(model.card)
    has_layers = scale in SCALES and model.card.original == "keras"
    inside = network_inside(model.network) if has_layers else None
    if inside is not None:
        return search_network(inside, data, progress=progress)
    return try_scales(
        lambda faces: model.uncalibrated(faces.astype(np.uint8)),
        dataset_for(model.card, data, progress=progress),
        outputs=len(model.card.labels),
        scales={scale: SCALES["0-255"]},
        progress=progress,
    )


def scale_of(card: ModelCard) -> str:
    """The scale that a model was adopted with, or what stands for it if its card names none."""
    return str(card.contract.get("scale") or "as it is")


def try_scales(
    outputs_of: Outputs,
    dataset: Dataset,
    *,
    outputs: int,
    scales: Mapping[str, PixelScale] = SCALES,
    progress: Progress | None = None,
) -> ContractSearch:
    """As `search_network`, for any function from scaled faces to one number a class."""
    part = _sample(dataset)
    channels = part.pixels.shape[-1]
    tried = {name: scale for name, scale in scales.items() if channels == 3 or not scale.needs_rgb}
    answers = {name: np.empty(len(part), np.int64) for name in tried}
    done = 0
    for name, scale in tried.items():
        for start in range(0, len(part), _BATCH):
            faces = scale.apply(part.pixels[start : start + _BATCH])
            found = np.asarray(outputs_of(faces))
            if found.shape != (len(faces), outputs):
                raise ModelError(
                    f"The network answers {len(faces)} faces with numbers of shape {found.shape}; "
                    f"expected {(len(faces), outputs)}, one number a class."
                )
            answers[name][start : start + len(faces)] = found.argmax(axis=1)
            done += len(faces)
            if progress:
                progress(done, len(part) * len(tried))
    return ContractSearch(
        dataset=dataset.name,
        synthetic=dataset.synthetic,
        classes=part.labels,
        targets=part.targets,
        answers=answers,
        outputs=outputs,
    )


def _sample(dataset: Dataset) -> Dataset:
    """Some faces of the validation part as given, in random order."""
    given = dataset.as_given
    rows = given.rows_of("validation")
    if len(rows) < FEWEST:
        raise DatasetError(
            f"'{dataset.name}' has {len(rows):,} validation faces; a contract needs at least "
            f"{FEWEST}. Choose a larger data set, one with a train or a validation part."
        )
    chosen = np.random.default_rng(0).permutation(rows)[:FACES]
    return given.take(chosen)
