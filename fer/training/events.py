"""What happens during a training, as events, and the observer that receives them."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class FilesRead:
    """`done` of `planned` files of the data set have been read."""

    done: int
    planned: int


@dataclass(frozen=True, kw_only=True)
class Started:
    """Training is about to begin, or to resume after the epochs of `history`.

    `validation_counts` has the validation faces of each class, also of one that has none.
    """

    labels: tuple[str, ...]
    parameters: int
    multiply_adds: int
    train_faces: int
    validation_faces: int
    epochs: int
    batches: int
    validation_counts: dict[str, int] = field(default_factory=dict)
    history: "tuple[EpochEnded, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class BatchEnded:
    """A training step is done: `batch` of `batches`, counted from 1, in `epoch` of `epochs`.

    Loss and accuracy (0–1) are means over the epoch so far; `batch_loss` and `batch_accuracy`
    are those of this step. `faces` is the size of the step.
    """

    epoch: int
    epochs: int
    batch: int
    batches: int
    faces: int
    loss: float
    accuracy: float
    batch_loss: float
    batch_accuracy: float
    learning_rate: float


@dataclass(frozen=True, kw_only=True)
class EpochEnded:
    """An epoch is done and validated.

    Losses are means per face (the validation loss is plain cross-entropy); accuracies and
    recalls are 0–1. Recall and confusion matrix are those of validation, true classes in rows.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    is_best: bool
    seconds: float
    learning_rate: float
    recall: dict[str, float] = field(default_factory=dict)
    confusion: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Measuring:
    """Training is over, and the network is measured: `done` of `planned` faces."""

    done: int = 0
    planned: int = 0


Event = FilesRead | Started | BatchEnded | EpochEnded | Measuring


class Observer:
    """Follows a training and may end it. This one does neither; override what you need.

    Attributes:
        checkpoints: Folder that `fer.train` saves to after each epoch and resumes from; None to
            save nothing.
    """

    checkpoints: Path | None = None

    def notify(self, event: Event) -> None:
        """Receive each event as it happens."""

    def should_stop(self) -> bool:
        """Whether to end the training now, keeping what it has.

        Called before the first step and after each one. It may block, to pause the training.
        """
        return False

    def should_skip(self) -> bool:
        """Whether to leave out the rest of the measuring; the model is then kept without figures.

        Called while it is measured.
        """
        return False
