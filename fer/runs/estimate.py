"""Estimates for a run before it starts."""

import time
from collections.abc import Mapping

import numpy as np

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


def throughput(
    architecture: str, options: Mapping[str, float], shape: tuple[int, int, int], batch_size: int
) -> float:
    """Faces per second that training takes: the best of three steps, after one that compiles.

    `shape` is height, width and channels of the faces; `batch_size`, the faces per step.

    Raises:
        ConfigError: If there is no such network.
    """
    from fer.nets import architectures  # loads Keras, which the number of faces does not need
    from fer.training.network import uses_xla

    classes = len(emotions.FER2013)
    model = architectures.build(architecture, shape, classes=classes, options=options)
    model.compile("sgd", "categorical_crossentropy", jit_compile=uses_xla())
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 256, (batch_size, *shape), dtype=np.uint8)
    targets = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, batch_size)]
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        model.train_on_batch(faces, targets)
        seconds.append(time.perf_counter() - started)
    return batch_size / min(seconds[1:])
