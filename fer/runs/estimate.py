"""Estimates for a run before it starts."""

from fer import emotions
from fer.data import SYNTHETIC
from fer.data.registry import resolve
from fer.data.roots import check_source
from fer.data.synthetic_reader import PER_CLASS
from fer.errors import ConfigError, DatasetError
from fer.images import SUFFIXES
from fer.runs.catalogue import list_runs


def training_faces(dataset: str, validation_fraction: float) -> int | None:
    """About how many faces an epoch would have, without reading any; None if unknown.

    The last run on this data set counted them; without one, the files of `train` are counted.
    `dataset` is a name or a folder; `validation_fraction` is the share of `train` held out.
    """
    if dataset == SYNTHETIC:
        return round(PER_CLASS["train"] * len(emotions.FER2013) * (1 - validation_fraction))
    for run in list_runs():
        try:
            if run.config().dataset == dataset and "train_faces" in run.stored_status():
                return int(run.stored_status()["train_faces"])
        except ConfigError:
            continue
    try:
        check_source(dataset)
        folder = resolve(dataset).path
    except DatasetError:
        return None
    files = folder.glob("train/*/*") if folder else ()
    count = sum(file.suffix.lower() in SUFFIXES for file in files)
    return round(count * (1 - validation_fraction)) or None
