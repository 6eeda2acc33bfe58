"""The training set: which rows of a data set to learn, with which targets and weights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fer import emotions
from fer.data import Dataset
from fer.data.joining import extra_faces
from fer.errors import ConfigError, DatasetError
from fer.images import to_network_input
from fer.models.model import BATCH, Model
from fer.training.config import TrainingConfig

_LEAST = 1e-7
"""The least probability of a teacher for a class that it knows, lest all of them are zero."""


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
        teacher_share: The share of each target that is the teachers', shape (m,), float32, 0–1.
    """

    labels: tuple[str, ...]
    train: np.ndarray
    targets: np.ndarray
    validation: np.ndarray
    validation_targets: np.ndarray
    class_weights: np.ndarray
    teacher_share: np.ndarray

    @property
    def validation_counts(self) -> dict[str, int]:
        """The validation faces of each class, also of one that has none."""
        counts = np.bincount(self.validation_targets, minlength=len(self.labels))
        return dict(zip(self.labels, counts.tolist(), strict=True))


def build_training_set(config: TrainingConfig, dataset: Dataset) -> TrainingSet:
    """Choose rows, targets and weights. The test splits are never used.

    What is learnt follows the annotations. Validation, whose figures choose the epoch, has every
    face with its label as given.

    Raises:
        DatasetError: If there is no train or validation split, or fewer than two classes.
        ConfigError: If the configuration requires what the data set does not have.
    """
    labels, given = _labels(config, dataset), dataset.as_given
    is_learnt = config.use_excluded | ~dataset.excluded
    validation_targets = given.targets_among(labels)
    rows = {
        "train": np.flatnonzero(
            (dataset.index["split"] == "train") & (dataset.targets_among(labels) >= 0) & is_learnt
        ),
        "validation": np.flatnonzero(
            (given.index["split"] == "validation") & (validation_targets >= 0)
        ),
    }
    for split, chosen in rows.items():
        if not len(chosen):
            known = ", ".join(f"{name} ({count})" for name, count in dataset.splits.items())
            raise DatasetError(
                f"'{dataset.name}' has no faces in split '{split}'. It has: {known}."
            )
    check_label_mode(config, dataset.name, has_votes=dataset.votes is not None)
    targets = dataset.target_shares(labels, mode=config.label_mode)[rows["train"]]
    return TrainingSet(
        labels=labels,
        train=rows["train"],
        targets=targets,
        validation=rows["validation"],
        validation_targets=validation_targets[rows["validation"]],
        class_weights=_class_weights(config.class_weights, targets),
        teacher_share=np.where(
            extra_faces(dataset)[rows["train"]], config.extra_teacher_share, config.teacher_share
        ).astype(np.float32),
    )


def check_label_mode(config: TrainingConfig, name: str, *, has_votes: bool) -> None:
    """Check that the data set of this name has the votes that the label mode needs.

    Raises:
        ConfigError: If it has none.
    """
    if config.label_mode != "hard" and not has_votes:
        raise ConfigError(
            f"label_mode is '{config.label_mode}', and '{name}' has no votes. Use "
            "'hard', or a data set with the votes of its annotators, such as FER+."
        )


def add_distillation(
    training_set: TrainingSet, config: TrainingConfig, dataset: Dataset, teachers: Sequence[Model]
) -> TrainingSet:
    """The training set with the teachers' answers for faces and mirror images in every target.

    Raises:
        ConfigError: If a teacher knows none of the classes.
    """
    if not teachers:
        return training_set
    faces = dataset.pixels[training_set.train]
    taught = Taught(teachers, labels=training_set.labels)
    targets = taught.targets(
        faces, training_set.targets, share=training_set.teacher_share, mirror=True
    )
    weights = _class_weights(config.class_weights, targets)
    return replace(training_set, targets=targets, class_weights=weights)


@dataclass(frozen=True)
class Taught:
    """Targets with the mean answer of teachers mixed in.

    Each teacher gets the faces in the size and colour of its card, and keeps the target's share
    for classes that it does not know.

    Attributes:
        teachers: One or more. One that occurs twice counts twice.
        labels: The classes, in the order of the targets.

    Raises:
        ConfigError: If a teacher knows none of the classes.
    """

    teachers: Sequence[Model]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        for teacher in self.teachers:
            if not set(teacher.card.labels) & set(self.labels):
                raise ConfigError(
                    f"The teacher '{teacher.card.name}' knows {', '.join(teacher.card.labels)}, "
                    f"and none of the classes to learn: {', '.join(self.labels)}. Choose one that "
                    "knows some of them."
                )

    def targets(
        self, faces: np.ndarray, own: np.ndarray, *, share: np.ndarray, mirror: bool = False
    ) -> np.ndarray:
        """The targets of some faces.

        Args:
            faces: Shape (n, height, width, channels), uint8.
            own: Their targets without the teachers, shape (n, classes), float32.
            share: Of each target that is the teachers', shape (n,), float32, 0–1.
            mirror: Whether the teachers' answers include those for the mirror images.

        Returns:
            Shape (n, classes), float32.
        """
        known: dict[object, np.ndarray] = {}
        answers = []
        for teacher in self.teachers:
            key = teacher.sha256 or id(teacher), teacher.card.temperature
            if key not in known:
                known[key] = self._answers(teacher, faces, own, mirror)
            answers.append(known[key])
        theirs = share[:, None]
        mixed: np.ndarray = (1 - theirs) * own + theirs * np.mean(answers, axis=0)
        return mixed

    def _answers(
        self, teacher: Model, faces: np.ndarray, own: np.ndarray, mirror: bool
    ) -> np.ndarray:
        """A teacher's answers in our order of classes, shape (n, classes)."""
        taught = [label in teacher.card.labels for label in self.labels]
        columns = [
            teacher.card.labels.index(label)
            for label in self.labels
            if label in teacher.card.labels
        ]
        parts = [
            _summed(teacher, faces[start : start + BATCH], mirror)[:, columns]
            for start in range(0, len(faces), BATCH)
        ]
        summed = np.maximum(np.concatenate(parts), _LEAST)
        probabilities = own.copy()
        share = own[:, taught].sum(axis=1, keepdims=True)
        probabilities[:, taught] = share * summed / summed.sum(axis=1, keepdims=True)
        return probabilities


def _summed(teacher: Model, faces: np.ndarray, mirror: bool) -> np.ndarray:
    """The teacher's answer, plus that for mirror images if wanted, shape (n, its classes)."""
    card = teacher.card
    shaped = np.stack(
        [
            to_network_input(face, height=card.height, width=card.width, channels=card.channels)
            for face in faces
        ]
    )
    answer = teacher.classify(shaped)
    return answer + teacher.classify(shaped[:, :, ::-1]) if mirror else answer


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
