"""The learning rate: a function of the step, or of the epochs so far."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import keras
import numpy as np
from keras import ops

from fer.nets.architectures import Tensor
from fer.training.config import TrainingConfig
from fer.training.events import EpochEnded

_ONE_CYCLE_START, _ONE_CYCLE_RISE = 0.04, 0.3


@keras.saving.register_keras_serializable("fer")
@dataclass(eq=False)
class StepSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """`cosine` and `constant` after a linear warm-up, and `one-cycle` (Smith 2018).

    One-cycle rises along half a cosine for 30% of the steps, from 4% of the peak, and falls
    along the other half to zero.

    Attributes:
        kind: `cosine`, `constant` or `one-cycle`.
        peak: The highest learning rate.
        steps: Steps of the whole training.
        warmup: Steps of the rise; ignored by `one-cycle`.
    """

    kind: str
    peak: float
    steps: int
    warmup: int

    def __call__(self, step: Tensor) -> Tensor:
        step = ops.cast(step, "float32")
        if self.kind == "one-cycle":
            top = max(1, round(self.steps * _ONE_CYCLE_RISE))
            rise = self._half_cosine(1 - step / top)
            rising = _ONE_CYCLE_START + (1 - _ONE_CYCLE_START) * rise
            falling = self._half_cosine((step - top) / max(1, self.steps - top))
            return self.peak * ops.where(step < top, rising, falling)
        after = max(1, self.steps - self.warmup)
        level: Tensor = 1.0
        if self.kind == "cosine":
            level = self._half_cosine((step - self.warmup) / after)
        return self.peak * ops.where(step < self.warmup, step / max(1, self.warmup), level)

    @staticmethod
    def _half_cosine(share: Tensor) -> Tensor:
        """From 1 at share 0 to 0 at share 1."""
        return 0.5 * (1 + ops.cos(math.pi * ops.clip(share, 0.0, 1.0)))

    def table(self) -> np.ndarray:
        """The learning rate of each step, shape (steps,)."""
        return np.asarray(self(np.arange(self.steps, dtype=np.float32)))

    def get_config(self) -> dict[str, object]:
        """The arguments that recreate it, for Keras."""
        return asdict(self)


def step_schedule(config: TrainingConfig, *, steps_per_epoch: int) -> StepSchedule | None:
    """The schedule by step, or None where the learning rate follows the epochs (`plateau`)."""
    if config.schedule == "plateau":
        return None
    warmup = round(min(config.warmup_epochs, config.epochs / 2) * steps_per_epoch)
    steps = config.epochs * steps_per_epoch
    return StepSchedule(config.schedule, config.learning_rate, steps, warmup)


def plateau_rate(config: TrainingConfig, history: Sequence[EpochEnded]) -> float:
    """The learning rate of the next epoch: lower after each period without a better loss.

    It depends on the history alone, so a resumed run has the same rate.
    """
    rate, best, waited = config.learning_rate, math.inf, 0
    for epoch in history:
        if epoch.val_loss < best:
            best, waited = epoch.val_loss, 0
            continue
        waited += 1
        if waited >= config.plateau_patience:
            rate, waited = rate * config.plateau_factor, 0
    return rate


def is_over(config: TrainingConfig, history: Sequence[EpochEnded]) -> bool:
    """Whether the training has ended after these epochs."""
    best = max((epoch.epoch for epoch in history if epoch.is_best), default=0)
    return config.is_over(len(history), best=best)
