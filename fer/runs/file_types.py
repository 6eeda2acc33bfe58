"""The types of what the JSON files of a run hold. All that is shown of a run relies on them."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from fer.models.card_types import Interval
from fer.typed import AnyNumber


class Status(TypedDict, total=False):
    """`status.json`: what `fer.training.events` tell, and what the recorder adds."""

    state: str
    reason: str
    created: float
    queued: float
    started: float
    updated: float
    seconds: float
    worked_s: float
    eta_s: float | None
    faces_per_s: float | None
    files: int
    files_planned: int
    labels: Sequence[str]
    parameters: int
    multiply_adds: int
    train_faces: int
    validation_faces: int
    validation_counts: Mapping[str, int]
    devices: int
    epochs: int
    epoch: int
    first_epoch: int
    finished_epochs: int
    best_epoch: int
    batches: int
    batch: int
    loss: AnyNumber
    accuracy: AnyNumber
    val_loss: AnyNumber
    val_accuracy: AnyNumber
    best_val_accuracy: AnyNumber
    measured: int
    to_measure: int


class _Intervals(TypedDict):
    balanced_accuracy: Interval


class Figures(TypedDict):
    """The figures of a split in `figures.json`, as a model's card has them."""

    images: int
    accuracy: float
    accuracy_ci95: Interval
    balanced_accuracy: float
    ci95: _Intervals


class Step(TypedDict):
    """A line of `metrics.jsonl` about the steps since the last one."""

    kind: Literal["step"]
    step: int
    epoch: int
    loss: AnyNumber
    accuracy: AnyNumber
    learning_rate: AnyNumber


class Epoch(TypedDict):
    """A line of `metrics.jsonl` about an epoch."""

    kind: Literal["epoch"]
    epoch: int
    loss: AnyNumber
    accuracy: AnyNumber
    val_loss: AnyNumber
    val_accuracy: AnyNumber
    recall: Mapping[str, AnyNumber]
    confusion: Sequence[Sequence[int]]
