"""The library's commands as functions, each put together from the parts below."""

import platform
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer import settings
from fer.importing import extras

if TYPE_CHECKING:
    import keras

    from fer.data import Dataset
    from fer.inference.predictor import Predictor
    from fer.models.card import ModelCard
    from fer.models.model import Model
    from fer.training.config import TrainingConfig
    from fer.training.events import Fitted, Listener

Progress = Callable[[int, int], None]


@extras()
def predict_emotion(
    image: str | Path | bytes | np.ndarray,
    *,
    model: str | Path | None = None,
    detector: str = "auto",
) -> str | None:
    """The emotion on the largest face of a photo, or None where there is no face.

    Model and detector stay loaded for the next call.

    Args:
        image: A path, the bytes of an image file, or RGB or grey uint8 pixels.
        model: A model's name or folder; None for the default.
        detector: `auto`, `mtcnn`, `yunet`, or `none` for a picture that is one tight face.

    Raises:
        FerError: If the image, the model or the detector cannot be used.
    """
    from fer import models
    from fer.inference.predictor import files_made

    folder = models.find(model).resolve()
    faces = _predictor(folder, detector, files_made(folder)).predict(image).faces
    return faces[0].emotion if faces else None


@lru_cache(maxsize=2)
def _predictor(model: Path, detector: str, made: tuple[int, ...]) -> "Predictor":
    from fer.inference.predictor import Predictor

    return Predictor.load(model, detector=detector)


@extras()
def train(
    data: "str | Path | Dataset",
    *,
    config: "TrainingConfig | None" = None,
    out: str | Path,
    listener: "Listener | None" = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
    should_stop: Callable[[], bool] | None = None,
    measuring: Callable[[], None] | None = None,
    checkpoints: Path | None = None,
    start: "str | Path | None" = None,
    teachers: "Sequence[str | Path]" = (),
    go_on: bool = True,
    callbacks: "Sequence[keras.callbacks.Callback]" = (),
) -> "Model":
    """Train a network, measure it, and write it as a model.

    Args:
        data: A data set, or what `load_dataset` takes.
        config: How; None for the defaults.
        out: Folder of the model; a model that is there is replaced.
        listener: Told when it starts, after every step and every epoch.
        progress: Called with files read and files planned while the data set is read.
        stop: Once set, training ends after the current step and keeps what it has.
        should_stop: Asked after every step; true does the same. It may wait, to pause.
        measuring: Called once when training is over.
        checkpoints: Folder of checkpoints; training goes on from what is there.
        start: The model to go on from; by default the one that the configuration names.
        teachers: The models to learn from; by default those that the configuration names.
        go_on: False to write what the checkpoint has, without further training.
        callbacks: Callbacks of Keras; see `fer.training.fit.fit`.

    Raises:
        FerError: If the data set, the configuration or the folder cannot be used.
        OSError: If the disk does not take a checkpoint.
    """
    from fer import models
    from fer.training.config import TrainingConfig
    from fer.training.fit import fit

    config = config or TrainingConfig()
    folder = Path(out).expanduser().resolve()
    models.check_replaceable(folder)
    source = start or config.start_from
    trained_before = models.load(source) if source else None
    if trained_before:
        config = config.adopted(trained_before.card)
    dataset = _dataset(
        data,
        height=config.height,
        width=config.width,
        channels=config.channels,
        validation_fraction=config.validation_fraction,
        seed=config.seed,
        truth=config.truth,
        progress=progress,
    )
    config = config.changed({"dataset": dataset.name})
    fitted = fit(
        config,
        dataset,
        listener=listener,
        stop=stop,
        should_stop=should_stop,
        folder=checkpoints,
        start=trained_before,
        teachers=(models.load(name) for name in teachers or config.teachers),
        go_on=go_on,
        callbacks=callbacks,
    )
    if measuring:
        measuring()
    card = _card(folder.name, config, dataset, fitted)
    trained = models.Model.of(fitted.model, card)
    card = _calibrated(trained, dataset)
    return replace(trained, card=models.save(fitted.model, card, folder))


def _card(name: str, config: "TrainingConfig", dataset: "Dataset", fitted: "Fitted") -> "ModelCard":
    from fer.faces.alignment import FER2013_FRAMING
    from fer.models.card import ModelCard
    from fer.nets.cost import multiply_adds

    best = max(fitted.history, key=lambda epoch: epoch.val_accuracy, default=None)
    history = [asdict(epoch) for epoch in fitted.history]
    return ModelCard(
        name=name,
        labels=fitted.labels,
        height=config.height,
        width=config.width,
        channels=config.channels,
        framing=FER2013_FRAMING.to_dict(),
        data={
            "name": dataset.name,
            "synthetic": dataset.synthetic,
            "fingerprint": dataset.fingerprint(),
            "split_rule": dataset.split_rule,
            "splits": dataset.splits,
            "unreadable": len(dataset.unreadable),
        },
        config=config.to_dict(),
        training={
            "epochs_run": len(fitted.history),
            "best_epoch": best.epoch if best else 0,
            "stopped": fitted.stopped,
            "seconds": round(fitted.seconds, 1),
            "history": [
                {key: value for key, value in epoch.items() if key not in ("recall", "confusion")}
                for epoch in history
            ],
        },
        versions=versions(),
        created=now(),
        parameters=fitted.model.count_params(),
        multiply_adds=multiply_adds(fitted.model),
    )


@extras()
def calibrate(
    model: str | Path, data: "str | Path | Dataset", *, progress: Progress | None = None
) -> "ModelCard":
    """Fit a model's temperature on the validation part of a data set, and keep it in its card.

    Args:
        model: A model's name or folder.
        data: A data set, or what `load_dataset` takes; read as the model was trained, so that a
            validation part that is carved out of train is the same one.
        progress: Called with files or faces done and planned.

    Returns:
        The card as written. Its figures are measured anew where the data set is the one that it
        was trained on.

    Raises:
        FerError: If the model or the data set cannot be used, or there is no validation part.
    """
    from fer import models

    folder = models.find(model)
    loaded = models.load(folder)
    card = _calibrated(loaded, dataset_for(loaded.card, data, progress), progress)
    models.save_card(card, folder)
    return card


def _calibrated(
    model: "Model", dataset: "Dataset", progress: Progress | None = None
) -> "ModelCard":
    """The card with a temperature fitted on validation, and with the figures at it."""
    from fer.evaluation.evaluate import calibrate as fit
    from fer.evaluation.evaluate import figures
    from fer.evaluation.predictions import predictions
    from fer.evaluation.slices import picture_facts, slice_figures

    temperature, record = fit(model, dataset, progress=progress)
    card = replace(model.card, temperature=temperature, calibration=record)
    if card.data.get("fingerprint") == dataset.fingerprint():
        tempered = replace(model, card=card)
        tables = {
            split: predictions(tempered, dataset, split, progress=progress)
            for split in dataset.splits
            if split != "train"
        }
        slices = {}
        for split in tables.keys() - {"validation"}:
            facts = picture_facts(dataset, tables[split].frame["row"].to_numpy())
            rows = slice_figures(tables[split], facts)
            slices[split] = [row for row in rows if row["by"] in facts]
        metrics = {split: figures(table) for split, table in tables.items()}
        card = replace(card, metrics=metrics, slices=slices)
    return card


@extras()
def evaluate(
    model: "str | Path | Model",
    data: "str | Path | Dataset",
    split: str = "test",
    *,
    tta: str = "none",
    form: str = "keras",
    compare: "str | Path | Model | None" = None,
    report: str | Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure a model on one split of a data set.

    Args:
        model: A loaded model, or a model's name or folder.
        data: A data set, or what `load_dataset` takes; read as the model was trained, so that a
            validation part that is carved out of train is the same one.
        split: `train`, `validation`, `test`, `public_test`, `private_test` or `all`.
        tta: Test-time augmentation: `none`, `flip`, `shifts` or `ten_crop`.
        form: What to run: `keras`, `litert`, `litert-int8` or `auto`; not for a loaded model.
        compare: A second model, to be compared on the same faces and labels.
        report: Write an HTML page with everything here, and a JSON of the same name beside it.
        progress: Called with faces done and faces planned.

    Returns:
        The figures, as `fer.evaluation.evaluate` gives them, and with a second model
        `comparison`, as `fer.evaluation.comparison` gives its figures.

    Raises:
        FerError: If a model or the data set cannot be used, or the report cannot be written.
    """
    from fer import models
    from fer.evaluation.comparison import check_classes
    from fer.evaluation.comparison import compare as compared
    from fer.evaluation.evaluate import figures
    from fer.evaluation.predictions import predictions
    from fer.evaluation.report import check_target, full_figures, write_report

    report = Path(report).expanduser() if report else None
    if report:
        check_target(report)
    loaded = model if isinstance(model, models.Model) else models.load(model, form=form)
    second = models.load(compare) if isinstance(compare, str | Path) else compare
    if second:
        check_classes(*((card.name, card.labels) for card in (loaded.card, second.card)))
    dataset = dataset_for(loaded.card, data, progress)
    table = predictions(loaded, dataset, split, tta=tta, progress=progress)
    measured = figures(table)
    found = None
    if second:
        faces = dataset_for(second.card, data, progress, truth=dataset.truth)
        other = predictions(second, faces, split, tta=tta, progress=progress)
        found = compared(table, other)
        measured["comparison"] = found.figures
    if report:
        write_report(full_figures(loaded, dataset, table, measured, found), loaded.card, report)
    return measured


def dataset_for(
    card: "ModelCard",
    data: "str | Path | Dataset",
    progress: Progress | None,
    *,
    truth: str | None = None,
) -> "Dataset":
    """The data set in the card's shape, split as the model was trained.

    Args:
        card: The model's.
        data: A data set, or what `load_dataset` takes.
        progress: Called with faces read and faces planned.
        truth: What is taken for right, `label` or `votes`; None for what the model learnt, and
            the labels where the data set has no votes.
    """
    from fer.data import Dataset

    if isinstance(data, Dataset):
        return data
    splitting = {
        name: card.config[name] for name in ("validation_fraction", "seed") if name in card.config
    }
    dataset = _dataset(
        data,
        height=card.height,
        width=card.width,
        channels=card.channels,
        truth=truth or "label",
        progress=progress,
        **splitting,
    )
    by_votes = truth is None and card.config.get("truth") == "votes" and dataset.votes is not None
    return dataset.by_votes() if by_votes else dataset


def _dataset(data: "str | Path | Dataset", **how: Any) -> "Dataset":
    from fer.data import Dataset, load_dataset

    return data if isinstance(data, Dataset) else load_dataset(data, **how)


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Versions of what a network is made with."""
    import keras

    backend = keras.backend.backend()
    versions = {"fer": settings.VERSION, "python": platform.python_version(), "backend": backend}
    for package in ("keras", backend, "numpy", "opencv-python-headless", "pillow"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
