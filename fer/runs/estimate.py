"""Estimates for a run before it starts."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fer import emotions
from fer.data import SYNTHETIC
from fer.data.loading import remembered_faces
from fer.data.registry import resolve
from fer.data.roots import check_source
from fer.data.synthetic_reader import PER_CLASS
from fer.data.votes import COLUMNS, check_truth
from fer.errors import ConfigError, DatasetError
from fer.image_formats import SUFFIXES
from fer.runs.catalogue import list_runs
from fer.training.config import TrainingConfig
from fer.training.targets import check_label_mode
from fer.wording import counted

FEW_FACES = 10
"""With fewer validation faces, the recall of a class is hardly a figure."""


@dataclass(frozen=True, kw_only=True)
class Faces:
    """The faces that a run would learn from and validate on.

    Attributes:
        train: How many an epoch has; None if unknown.
        by_class: Training and validation faces of each class, where the data set was read before.
    """

    train: int | None = None
    by_class: Mapping[str, tuple[int, int]] | None = None

    def caveats(self) -> Iterator[str]:
        """What the faces leave unknown or uncertain, in sentences."""
        for label, (train, validation) in (self.by_class or {}).items():
            if not train:
                yield f"No training face shows {label}: the network cannot learn it."
            elif not validation:
                yield (
                    f"No validation face shows {label}: its recall is not measured, and the choice "
                    "of the best epoch ignores it."
                )
            elif validation < FEW_FACES:
                of_it = counted(validation, f"{label} face")
                yield f"Validation has only {of_it}: the recall of {label} is uncertain."


def faces_of(config: TrainingConfig) -> Faces:
    """The faces that a run would have, without reading any.

    The index of a data set that was read before counts them. Without one, the files of a folder
    `train` are counted, and the share to hold out is subtracted.

    Raises:
        DatasetError: If there is no such data set, the app may not read it, or it is known not to
            have two classes with faces to learn and to validate on, or the votes that it needs.
        ConfigError: If it is known not to have the votes that the label mode needs.
    """
    dataset, learnt = config.dataset, 1 - config.validation_fraction
    check_source(dataset)
    if config.extra:
        check_source(config.extra)
    known = remembered_faces(
        dataset,
        validation_fraction=config.validation_fraction,
        seed=config.seed,
        truth=config.truth,
    )
    if known is None and dataset == SYNTHETIC:
        check_truth(config.truth, dataset, has_votes=False)
        check_label_mode(config, dataset, has_votes=False)
        drawn, train = PER_CLASS["train"], round(PER_CLASS["train"] * learnt)
        labels = config.labels or emotions.FER2013
        by_class = dict.fromkeys(emotions.ordered(labels), (train, drawn - train))
        return Faces(train=train * len(by_class), by_class=by_class)
    if known is None:
        folder = resolve(dataset).path
        files = folder.glob("train/*/*") if folder else ()
        count = sum(file.suffix.lower() in SUFFIXES for file in files)
        return Faces(train=round(count * learnt) or None)
    check_label_mode(config, resolve(dataset).name, has_votes=COLUMNS[0] in known)
    labels = emotions.ordered(config.labels or known["label"].unique())
    if not config.use_excluded:
        known = known[~known["excluded"]]
    by_class = _counts(known, labels)
    _check(dataset, by_class)
    train = sum(train for train, _ in by_class.values())
    if config.extra:
        train = round(config.replay * train) + config.extra_times * _extra_faces(config, labels)
    return Faces(train=train, by_class=by_class)


def _counts(known: pd.DataFrame, labels: Sequence[str]) -> dict[str, tuple[int, int]]:
    counts = known.groupby(["label", "split"]).size()
    return {
        label: (int(counts.get((label, "train"), 0)), int(counts.get((label, "validation"), 0)))
        for label in labels
    }


def _extra_faces(config: TrainingConfig, labels: Sequence[str]) -> int:
    """How many faces the extra data set adds; none if it was never read."""
    known = remembered_faces(config.extra, validation_fraction=0)
    if known is None:
        return 0
    return sum(train for train, _ in _counts(known[~known["excluded"]], labels).values())


def _check(dataset: str, by_class: Mapping[str, tuple[int, int]]) -> None:
    if len(by_class) < 2:
        raise DatasetError(
            f"'{dataset}' has only the class {', '.join(by_class)} to learn. Training needs two or "
            "more: choose another data set, or more classes."
        )
    for place, split in enumerate(("train", "validation")):
        if not any(counts[place] for counts in by_class.values()):
            raise DatasetError(
                f"'{dataset}' has no faces in its split {split}. Training needs some: choose "
                "another data set, or add faces to this one."
            )


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


def recorded_throughput(architecture: str, multiply_adds: int) -> float | None:
    """Faces per second, judged by the latest run; None without any.

    A run of the same family of networks is preferred. Other sizes count in proportion to their
    multiply-adds per face.
    """
    latest: dict[bool, float] = {}
    for run in list_runs():
        status = run.stored_status()
        rate, cost = _rate(status), status.get("multiply_adds")
        if rate and cost:
            with suppress(ConfigError):
                is_same = run.config().architecture == architecture
                latest.setdefault(is_same, rate * cost / multiply_adds)
    return latest.get(True, latest.get(False))


def _rate(status: Mapping[str, Any]) -> float | None:
    """Faces per second of a run: the last that were seen, or else the mean with validation."""
    if rate := status.get("faces_per_s"):
        return float(rate)
    epochs, faces, seconds = map(status.get, ("finished_epochs", "train_faces", "seconds"))
    return epochs * faces / seconds if epochs and faces and seconds else None
