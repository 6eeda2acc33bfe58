"""What training reports, and what it leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


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

    Losses are means a face (that of validation is the plain cross-entropy), accuracies and
    recalls 0–1. The confusion matrix is that of validation, true classes in rows.
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
class Started:
    """Training is about to begin, or to go on after the epochs of `history`."""

    labels: tuple[str, ...]
    parameters: int
    multiply_adds: int
    train_faces: int
    validation_faces: int
    epochs: int
    batches: int
    history: tuple[EpochEnded, ...] = ()


Listener = Callable[[Started | BatchEnded | EpochEnded], None]


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What training leaves behind.

    Attributes:
        model: The network with the weights that are kept.
        labels: Its classes, in the order of its outputs.
        history: One entry per finished epoch.
        stopped: Whether it was asked to end early.
        seconds: Time spent in epochs, over all its processes.
    """

    model: "keras.Model"
    labels: tuple[str, ...]
    history: list[EpochEnded]
    stopped: bool
    seconds: float
