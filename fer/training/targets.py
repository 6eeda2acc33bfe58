"""The training set: which rows of a data set to learn, with which targets and weights."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from fer import emotions
from fer.data import Dataset
from fer.errors import ConfigError, DatasetError
from fer.models.card import check_shape
from fer.models.model import Model
from fer.training.config import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """The faces to learn from, and those to validate on.

    Attributes:
        labels: The classes, in the order of the targets.
        train: Rows of the data set, shape (m,).
        targets: Their targets, shape (m, classes), float32, rows sum to 1.
        validation: Rows of the data set, shape (v,).
        validation_targets: Their class indices, shape (v,), int64.
        class_weights: Shape (classes,), float32; their mean over the training faces is 1.
    """

    labels: tuple[str, ...]
    train: np.ndarray
    targets: np.ndarray
    validation: np.ndarray
    validation_targets: np.ndarray
    class_weights: np.ndarray


def build_training_set(config: TrainingConfig, dataset: Dataset) -> TrainingSet:
    """Choose rows, targets and weights. The test splits are never used.

    Raises:
        DatasetError: If there is no train or validation split, or fewer than two classes.
        ConfigError: If the configuration requires what the data set does not have.
    """
    labels = _labels(config, dataset)
    wanted = dataset.index["label"].isin(labels)
    if "excluded" in dataset.index and not config.use_excluded:
        wanted &= ~dataset.index["excluded"].astype(bool)
    rows = {
        split: np.flatnonzero((wanted & (dataset.index["split"] == split)).to_numpy())
        for split in ("train", "validation")
    }
    for split, chosen in rows.items():
        if not len(chosen):
            known = ", ".join(f"{name} ({count})" for name, count in dataset.splits.items())
            raise DatasetError(
                f"'{dataset.name}' has no faces in split '{split}'. It has: {known}."
            )
    if config.label_mode != "hard" and dataset.votes is None:
        raise ConfigError(
            f"label_mode is '{config.label_mode}', and '{dataset.name}' has no votes. Use "
            "'hard', or a data set with the votes of its annotators, such as FER+."
        )
    targets = dataset.target_shares(labels, mode=config.label_mode)[rows["train"]]
    return TrainingSet(
        labels=labels,
        train=rows["train"],
        targets=targets,
        validation=rows["validation"],
        validation_targets=dataset.targets_among(labels)[rows["validation"]],
        class_weights=_class_weights(config.class_weights, targets),
    )


def add_distillation(
    training_set: TrainingSet, config: TrainingConfig, dataset: Dataset, teachers: Iterable[Model]
) -> TrainingSet:
    """The training set with the mean answer of the teachers mixed into every target.

    The teachers are used one at a time; without any, the targets stay as they are.

    Raises:
        ConfigError: If a teacher takes faces of another shape, or does not know a class.
    """
    faces = dataset.pixels[training_set.train]
    answers = [_answers(teacher, faces, training_set.labels) for teacher in teachers]
    if not answers:
        return training_set
    share = config.teacher_share
    targets = (1 - share) * training_set.targets + share * np.mean(answers, axis=0)
    weights = _class_weights(config.class_weights, targets)
    return replace(training_set, targets=targets, class_weights=weights)


def _answers(teacher: Model, faces: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
    """A model's mean answer for faces and their mirror images, shape (n, classes)."""
    card = teacher.card
    check_shape(
        ConfigError,
        f"The teacher '{card.name}' takes",
        card.shape,
        "the faces have",
        faces.shape[1:],
        "Set the size to the teacher's, or choose another.",
    )
    if missing := set(labels) - set(card.labels):
        raise ConfigError(
            f"The teacher '{card.name}' does not know {', '.join(sorted(missing))}. Choose one "
            "that knows every class to learn."
        )
    columns = [card.labels.index(label) for label in labels]
    summed = (teacher.classify(faces) + teacher.classify(faces[:, :, ::-1]))[:, columns]
    probabilities: np.ndarray = summed / summed.sum(axis=1, keepdims=True)
    return probabilities


def _labels(config: TrainingConfig, dataset: Dataset) -> tuple[str, ...]:
    if unknown := set(config.labels) - set(dataset.labels):
        raise ConfigError(
            f"labels names {', '.join(sorted(unknown))}; '{dataset.name}' has "
            f"{', '.join(dataset.labels)}."
        )
    labels = emotions.ordered(config.labels or dataset.labels)
    if len(labels) < 2:
        raise DatasetError(
            f"'{dataset.name}' has only the class {labels[0]} to learn. Training needs two or more."
        )
    return labels


def _class_weights(weighting: str, targets: np.ndarray) -> np.ndarray:
    counts = targets.sum(axis=0)
    power = {"none": 0.0, "root": 0.5, "balanced": 1.0}[weighting]
    weights = np.where(counts > 0, np.maximum(counts, 1e-6) ** -power, 0.0)
    normalised: np.ndarray = (weights * counts.sum() / (weights @ counts)).astype(np.float32)
    return normalised
