"""What happens after every step and every epoch of training."""

import math
import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from fer.errors import TrainingError
from fer.nets.forward import compile_forward
from fer.training import checkpoint
from fer.training.batches import AugmentedBatches
from fer.training.config import TrainingConfig
from fer.training.events import BatchEnded, EpochEnded, Observer
from fer.training.network import between
from fer.training.schedules import is_over, plateau_rate
from fer.training.targets import TrainingSet

AVERAGE_EVERY = 8
"""Steps between two updates of the averaged weights."""

_VALIDATION_BATCH = 256


@dataclass(eq=False, kw_only=True, repr=False)
class Loop(keras.callbacks.Callback):
    """Averages weights, validates, keeps the best epoch, saves checkpoints, notifies and stops."""

    config: TrainingConfig
    training_set: TrainingSet
    faces: np.ndarray
    batches: AugmentedBatches
    state: checkpoint.TrainingState
    rates: np.ndarray | None  # by step; None where they follow the history (plateau)
    observer: Observer
    checkpoints: Path | None
    start: list[np.ndarray]  # the weights before the first step; needed for start_share alone

    def __post_init__(self) -> None:
        super().__init__()
        self.stopped = False
        self._since_average = 0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._forward = compile_forward(self.model)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.batches.start_epoch(epoch)
        self._started = time.perf_counter()
        self._sums = np.zeros(3)  # faces, loss, accuracy of the epoch so far
        self._complete = False
        if self.rates is None:
            self.model.optimizer.learning_rate = self._rate(0)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        loss, accuracy = float(logs["loss"]), float(logs["accuracy"])
        epoch, batches = len(self.state.history) + 1, self.params["steps"]
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss is no longer a number ({loss}) in epoch {epoch}, step {batch + 1}. "
                f"Lower learning_rate (it peaks at {self.config.learning_rate:g}), or raise "
                "warmup_epochs."
            )
        size, total = self.config.batch_size, len(self.training_set.train)
        faces = min(size, total - batch * size)
        # Keras reports means over the epoch so far; the difference of sums is this step's.
        sums = np.array([1.0, loss, accuracy]) * (self._sums[0] + faces)
        step_mean = (sums - self._sums) / faces
        self._sums = sums
        self._complete = batch + 1 == batches
        self._since_average += 1
        if self._since_average == AVERAGE_EVERY or self._complete:
            self._average()
        self.observer.notify(
            BatchEnded(
                epoch=epoch,
                epochs=self.config.epochs,
                batch=batch + 1,
                batches=batches,
                faces=faces,
                loss=loss,
                accuracy=accuracy,
                batch_loss=max(0.0, float(step_mean[1])),
                batch_accuracy=min(1.0, max(0.0, float(step_mean[2]))),
                learning_rate=self._rate(batch),
            )
        )
        if self.observer.should_stop():
            self.stopped = True
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        if not self._complete:
            return  # stopped half-way: a resumed run repeats the epoch
        raw = self._weights()
        weights = between(
            self.state.average or raw, self.start, start_share=self.config.start_share
        )
        self.model.set_weights(weights)
        val_loss, val_accuracy, recall, confusion = self._validate()
        self.model.set_weights(raw)
        best = max((entry.val_accuracy for entry in self.state.history), default=-1.0)
        ended = EpochEnded(
            epoch=epoch + 1,
            epochs=self.config.epochs,
            loss=float(logs["loss"]),
            accuracy=float(logs["accuracy"]),
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            is_best=val_accuracy > best,
            seconds=time.perf_counter() - self._started,
            learning_rate=self._rate(self.params["steps"] - 1),
            recall=recall,
            confusion=confusion,
        )
        if ended.is_best:
            self.state.best = [array.copy() for array in weights]
        self.state.history.append(ended)
        if self.checkpoints:
            checkpoint.save(self.checkpoints, self.model, self.state)
        # For TensorBoard, whose callback runs after this one.
        logs |= {"val_loss": ended.val_loss, "val_accuracy": ended.val_accuracy}
        self.observer.notify(ended)
        if is_over(self.config, self.state.history):
            self.model.stop_training = True

    def _rate(self, batch: int) -> float:
        history = self.state.history
        if self.rates is None:
            return plateau_rate(self.config, history)
        return float(self.rates[len(history) * self.params["steps"] + batch])

    def _average(self) -> None:
        """Move the averaged weights; the decay is lower at first, so that they are usable at once.

        The statistics of batch normalisation are averaged too: those of the last steps do not
        match averaged weights.
        """
        steps, self._since_average = self._since_average, 0
        if not self.config.ema:
            return
        state = self.state
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()  # during an epoch, its weights live elsewhere
        weights = self._weights()
        state.average_steps += steps
        seen = state.average_steps
        decay = min(self.config.ema, (1 + seen) / (10 + seen)) ** steps
        if not state.average:
            state.average = weights
            return
        for mean, weight in zip(state.average, weights, strict=True):
            mean += (1 - decay) * (weight - mean)

    def _weights(self) -> list[np.ndarray]:
        # Copies: JAX returns views of memory that its next step overwrites.
        return [np.array(weight) for weight in self.model.get_weights()]

    def _validate(self) -> tuple[float, float, dict[str, float], list[list[int]]]:
        """Cross-entropy, accuracy, recall by class, and the confusion matrix."""
        rows, targets = self.training_set.validation, self.training_set.validation_targets
        labels = self.training_set.labels
        parts = [
            self._forward(self.faces[rows[start : start + _VALIDATION_BATCH]])
            for start in range(0, len(rows), _VALIDATION_BATCH)
        ]
        probabilities = np.concatenate(parts)
        chosen = probabilities[np.arange(len(rows)), targets]
        loss = -np.log(np.clip(chosen, 1e-7, 1.0)).mean()
        cells = targets * len(labels) + probabilities.argmax(axis=1)
        matrix = np.bincount(cells, minlength=len(labels) ** 2).reshape(len(labels), -1)
        correct, counts = matrix.diagonal(), matrix.sum(axis=1)
        recall = {
            label: float(hit / count)
            for label, hit, count in zip(labels, correct, counts, strict=True)
            if count
        }
        return float(loss), float(correct.sum() / len(rows)), recall, matrix.tolist()
