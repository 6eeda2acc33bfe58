"""The library's commands on data sets as functions; they need the packages of an extra."""

import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fer import models
from fer.data import Dataset, load_dataset
from fer.data.joining import with_extra
from fer.errors import ModelError
from fer.evaluation import comparison
from fer.evaluation.figures import calibrated_card, dataset_for, figures
from fer.evaluation.parity import parity
from fer.evaluation.photos import photo_figures, photo_table
from fer.evaluation.predictions import predictions
from fer.evaluation.report import check_target, full_figures, write_report
from fer.faces.detection import load_detector
from fer.files import writing
from fer.importing import extras
from fer.inference.answered_photos import RememberingDetector, answer_photos
from fer.inference.labelled_photos import labelled_photos
from fer.inference.predictor import Predictor
from fer.models import litert, onnx_export
from fer.models.card import ModelCard
from fer.models.model import Model
from fer.people import Action, require
from fer.progress import Progress
from fer.training.config import TrainingConfig
from fer.training.events import FilesRead, Measuring, Observer

_INT8_FACES = 500


class _UnmeasuredError(Exception):
    """The observer wants the model without figures."""


@extras()
def train(
    data: str | Path | Dataset,
    *,
    config: TrainingConfig | None = None,
    out: str | Path,
    observer: Observer | None = None,
    devices: int = 1,
) -> Model:
    """Train a network, measure it, and write it as a model.

    One that was stopped before its first epoch ended is written without figures.

    Args:
        data: A data set, or what `load_dataset` takes.
        config: How to train; None for the defaults.
        out: Folder of the model; an existing model is replaced.
        observer: Receives the events of `fer.training.events`, may end the training, and may name
            a folder of checkpoints.
        devices: How many of this machine share each batch; more than one needs Keras on JAX. The
            result does not depend on it, and a checkpoint fits any number.

    Raises:
        FerError: If the data set, the configuration, the folder or the devices cannot be used.
        OSError: If a checkpoint cannot be written.
    """
    from fer.training.devices import shared_by

    with shared_by(devices):
        return _trained(data, config, out, observer or Observer())


def _trained(
    data: str | Path | Dataset, config: TrainingConfig | None, out: str | Path, observer: Observer
) -> Model:
    """As `train`, on the devices that are set."""
    from fer.training.card import build_card
    from fer.training.feedback import feedback_learnt, origin_of
    from fer.training.fit import fit

    folder = Path(out).expanduser().resolve()
    models.check_replaceable(folder)
    config = (config or TrainingConfig()).resolved()

    def count(done: int, planned: int) -> None:
        observer.notify(FilesRead(done=done, planned=planned))

    if not isinstance(data, Dataset):
        data = load_dataset(data, **config.reading, progress=count)
    config = config.changed({"dataset": data.name})
    extra, learnt = None, data
    if config.extra:
        reading = {**config.reading, "validation_fraction": 0, "truth": "label"}
        extra = load_dataset(config.extra, **reading, progress=count)
        learnt = with_extra(
            data,
            extra,
            labels=config.labels or data.labels,
            times=config.extra_times,
            balance=config.extra_balance,
            replay=config.replay,
            seed=config.seed,
        )
    feedback = feedback_learnt(config, extra, checkpoints=observer.checkpoints)
    origin = origin_of(config) if feedback else None
    fitted = fit(config, learnt, observer=observer, checkpoints=observer.checkpoints)

    def measured(done: int, planned: int) -> None:
        observer.notify(Measuring(done=done, planned=planned))
        if observer.should_skip():
            raise _UnmeasuredError

    observer.notify(Measuring())
    card = build_card(
        folder.name, config, data, fitted, extra=extra, feedback=feedback, origin=origin
    )
    trained = Model.of(fitted.model, card)
    if fitted.history:  # without a finished epoch, there is nothing worth measuring
        with suppress(_UnmeasuredError):
            card = calibrated_card(trained, data, progress=measured)
    return replace(trained, card=models.save(fitted.model, card, folder))


@extras()
def evaluate(
    model: str | Path | Model,
    data: str | Path | Dataset,
    split: str = "test",
    *,
    tta: str = "none",
    form: str = "original",
    compare: str | Path | Model | None = None,
    report: str | Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure a model on one split of a data set.

    Args:
        model: A loaded model, or a model's name or folder.
        data: A data set, or what `load_dataset` takes; split as the model was trained, so that a
            validation part taken from train is the same one.
        split: `train`, `validation`, `test`, `public_test`, `private_test` or `all`.
        tta: Test-time augmentation: `none`, `flip`, `shifts` or `ten_crop`.
        form: What to run, as `fer.models.load` takes it; not for a loaded model.
        compare: A second model, to be compared on the same faces and labels.
        report: An HTML page to write, with a JSON file of the same name beside it.
        progress: Called with faces done and faces planned.

    Returns:
        The figures, as `fer.evaluation.figures` gives them. With a second model also
        `comparison`, from `fer.evaluation.comparison.compare`.

    Raises:
        FerError: If a model or the data set cannot be used, or the report cannot be written.
    """
    report = Path(report).expanduser() if report else None
    if report:
        check_target(report)
    loaded = model if isinstance(model, Model) else models.load(model, form=form)
    second = models.load(compare) if isinstance(compare, str | Path) else compare
    if second:
        comparison.check_classes(*((one.name, one.labels) for one in (loaded.card, second.card)))
    dataset = dataset_for(loaded.card, data, progress=progress)
    table = predictions(loaded, dataset, split, tta=tta, progress=progress)
    measured = figures(table)
    if second:
        faces = dataset_for(second.card, data, truth=dataset.truth, progress=progress)
        other = predictions(second, faces, split, tta=tta, progress=progress)
        measured["comparison"] = comparison.compare(table, other)
    if report:
        write_report(full_figures(loaded, dataset, table, measured), loaded.card, report)
    return measured


@extras()
def evaluate_photos(
    model: str | Path | Model,
    folder: str | Path,
    *,
    detector: str = "auto",
    form: str = "auto",
    compare: str | Path | Model | None = None,
    report: str | Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure a model on whole photos, from the search for faces to the answer.

    The largest face of each photo counts.

    Args:
        model: A loaded model, or a model's name or folder.
        folder: Holds `<emotion>/*`, photos of any size; an emotion's aliases will do.
        detector: As for `Predictor.load`, like `form`, which is not for a loaded model.
        form: What to run.
        compare: A second model, to be compared on the same faces.
        report: An HTML page to write, with a JSON file of the same name beside it.
        progress: Called with photos done and photos planned.

    Returns:
        The figures, as `fer.evaluation.photos.photo_figures` gives them. With a second model also
        `comparison`, from `fer.evaluation.comparison.compare`.

    Raises:
        FerError: If a model, the detector or the folder cannot be used, no photo has an answer,
            or the report cannot be written.
    """
    report = Path(report).expanduser() if report else None
    if report:
        check_target(report)
    photos = labelled_photos(Path(folder).expanduser().resolve())
    loaded = [
        one if isinstance(one, Model) else models.load(one, form=form)
        for one in (model, compare)
        if one
    ]
    comparison.check_classes(*((one.card.name, one.card.labels) for one in loaded))
    finder = None if detector == "none" else RememberingDetector(load_detector(detector))
    answered = [answer_photos(Predictor(one, finder), photos, progress=progress) for one in loaded]
    datasets, tables = [], []
    for one, answers in zip(loaded, answered, strict=True):
        dataset, probabilities = answers.to_dataset()
        datasets.append(dataset)
        tables.append(photo_table(one.card, dataset, probabilities, left_out=answers.left_out))
    measured = photo_figures(
        tables[0],
        unanswered=answered[0].unanswered,
        skipped=answered[0].skipped,
        several=answered[0].several,
        detector=finder.name if finder else detector,
    )
    if compare:
        measured["comparison"] = comparison.compare(*tables)
    if report:
        full = full_figures(loaded[0], datasets[0], tables[0], measured)
        write_report(full, loaded[0].card, report)
    return measured


@extras()
def calibrate(
    model: str | Path, data: str | Path | Dataset, *, progress: Progress | None = None
) -> ModelCard:
    """Fit a model's temperature on the validation part of a data set, and keep it in its card.

    The model is a name or a folder; the data set is as in `evaluate`. A model that came with the
    package stays as it is; its copy in the models folder changes.

    Returns:
        The card as written. If the model was trained on this data set, its figures are measured
        again.

    Raises:
        FerError: If the model or the data set cannot be used, or there is no validation part.
    """
    require(Action.MANAGE_MODELS)
    folder = models.writable(models.find(model))
    loaded = models.load(folder)
    dataset = dataset_for(loaded.card, data, progress=progress)
    card = calibrated_card(loaded, dataset, progress=progress)
    models.save_card(card, folder)
    return card


@extras()
def export(
    model: str | Path,
    data: str | Path | Dataset,
    split: str = "test",
    *,
    progress: Progress | None = None,
) -> ModelCard:
    """Write a model's other forms, compare each with the original, and keep that in its card.

    The forms are LiteRT, LiteRT with int8 numbers, and, where the extra `onnx` is installed, ONNX.
    The model is a name or a folder; the rest is as in `evaluate`. Some training faces set the
    ranges of the int8 numbers, and the forms are compared on the split. A model that came with the
    package stays as it is; its copy in the models folder changes.

    Returns:
        The card as written, with `forms`.

    Raises:
        FerError: If the model or the data set cannot be used, or the folder cannot be written.
    """
    require(Action.MANAGE_MODELS)
    folder = models.writable(models.find(model))
    loaded = models.load(folder)
    network = loaded.network
    dataset = dataset_for(loaded.card, data, progress=progress)
    dataset.select(split)  # fails before anything is written
    train = dataset.select("train").pixels
    faces = np.ascontiguousarray(train[:: max(1, len(train) // _INT8_FACES)])
    with writing(Path(tempfile.gettempdir()), ModelError, variable="TMPDIR"):
        files = litert.convert(network, faces)
        if onnx_export.is_installed():
            files["onnx"] = onnx_export.convert(network, loaded.card)
    with tempfile.TemporaryDirectory() as place:  # the model gets no form that cannot be run
        trial = models.copy(folder, Path(place) / folder.name)
        models.save_forms(files, loaded.card, trial)
        written = {form: models.load(trial, form=form) for form in files}
        rows = parity(loaded, written, dataset, split, progress=progress)
    card = models.save_forms(files, loaded.card, folder)
    card = replace(card, forms={form: {**row, **rows[form]} for form, row in card.forms.items()})
    models.save_card(card, folder)
    return card
