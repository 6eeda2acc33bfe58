"""Fit a network to a data set: one function, which can be stopped, and can go on."""

import threading
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np

from fer.data import Dataset
from fer.errors import ConfigError, DatasetError
from fer.importing import install_command
from fer.models.model import Model
from fer.nets.cost import multiply_adds
from fer.training import checkpoint
from fer.training.batches import AugmentedBatches
from fer.training.config import TrainingConfig
from fer.training.events import BatchEnded, EpochEnded, Fitted, Listener, Started
from fer.training.loop import Loop
from fer.training.network import adjust_logits, build, plain
from fer.training.schedules import is_over, plateau_rate, step_schedule
from fer.training.targets import add_distillation, build_training_set

__all__ = ["BatchEnded", "EpochEnded", "Fitted", "Listener", "Started", "fit"]


def fit(
    config: TrainingConfig,
    dataset: Dataset,
    *,
    listener: Listener | None = None,
    stop: threading.Event | None = None,
    should_stop: Callable[[], bool] | None = None,
    folder: Path | None = None,
    start: Model | None = None,
    teachers: Iterable[Model] = (),
    go_on: bool = True,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Fitted:
    """Train a network on `train`, keeping the epoch that is best on `validation`.

    The test parts are not looked at.

    Args:
        config: What to do.
        dataset: Faces of the shape that the configuration names.
        listener: Told when it starts, after every step and every epoch.
        stop: Once set, training ends after the current step and keeps what it has.
        should_stop: Asked after every step; true does the same. It may wait, to pause.
        folder: Where checkpoints go; training goes on from what is there.
        start: The model to go on from, where the configuration names one.
        teachers: The models to learn from, where the configuration names some; asked one after
            the other.
        go_on: False to take what the checkpoint has, without further training.
        callbacks: Keras' own or others, called after ours: they are given `val_loss` and
            `val_accuracy`, too. The learning rate is the configuration's (`schedule`).

    Raises:
        DatasetError: If its faces are of another shape, there is no train or validation part, or
            fewer than two classes.
        ConfigError: If the configuration does not suit the data set.
        TrainingError: If the loss is no longer a number, or a checkpoint cannot be used.
        OSError: If a checkpoint cannot be written; the one before it stays.
    """
    training_set = build_training_set(config, dataset)
    model = build(config, training_set.labels, start)
    _check_shape(config, dataset)
    training_set = add_distillation(training_set, config, dataset, teachers)
    progress = checkpoint.Progress()
    batch_count = -(-len(training_set.train) // config.batch_size)
    schedule = step_schedule(config, steps_per_epoch=batch_count)
    model.compile(
        optimizer=_optimizer(config, schedule or config.learning_rate),
        loss=_loss(config),
        metrics=["accuracy"],
        # XLA makes small convolutional networks slower on CPUs under TensorFlow.
        jit_compile=keras.backend.backend() != "tensorflow",
    )
    model.optimizer.build(model.trainable_variables)
    if folder and checkpoint.exists(folder):
        progress = checkpoint.load(folder, model)
    done = len(progress.history)
    batches = AugmentedBatches(
        dataset.pixels,
        training_set.train,
        training_set.targets,
        class_weights=training_set.class_weights,
        batch_size=config.batch_size,
        augmentation=config.augmentation,
        seed=config.seed,
        epoch=done,
    )
    tell = listener or (lambda event: None)
    tell(
        Started(
            labels=training_set.labels,
            parameters=model.count_params(),
            multiply_adds=multiply_adds(model),
            train_faces=len(training_set.train),
            validation_faces=len(training_set.validation),
            epochs=config.epochs,
            batches=batch_count,
            history=tuple(progress.history),
        )
    )
    loop = Loop(
        config,
        training_set,
        dataset.pixels,
        batches=batches,
        progress=progress,
        rates=_rates(schedule, config, batch_count),
        listener=tell,
        should_stop=_either(stop, should_stop),
        folder=folder,
    )
    if go_on and done < config.epochs and not is_over(config, progress.history):
        model.fit(
            batches,
            epochs=config.epochs,
            initial_epoch=done,
            callbacks=[loop, *_tensorboard(config, folder), *callbacks],
            shuffle=False,  # the batches are shuffled; Keras would do so in an order of its own
            verbose=0,
        )
    weights = progress.best
    if config.select_on == "last" or weights is None:
        weights = progress.average or model.get_weights()
    finished = plain(config, model, weights, training_set.labels)
    adjust_logits(finished, training_set.targets.mean(axis=0), config.logit_adjustment)
    return Fitted(
        model=finished,
        labels=training_set.labels,
        history=progress.history,
        stopped=loop.stopped,
        seconds=sum(epoch.seconds for epoch in progress.history),
    )


def _check_shape(config: TrainingConfig, dataset: Dataset) -> None:
    found, wanted = dataset.pixels.shape[1:], (config.height, config.width, config.channels)
    if found != wanted:
        raise DatasetError(
            f"The faces of '{dataset.name}' have (height, width, channels) {found}; the "
            f"configuration says {wanted}. Give the data set by name or path, and it is read as "
            "the configuration wants it."
        )


def _either(
    stop: threading.Event | None, should_stop: Callable[[], bool] | None
) -> Callable[[], bool]:
    asked = [ask for ask in (stop.is_set if stop else None, should_stop) if ask]
    return lambda: any(ask() for ask in asked)


def _rates(
    schedule: Callable[[object], object] | None, config: TrainingConfig, batches: int
) -> Callable[[int, list[EpochEnded]], float]:
    """The learning rate by step and history."""
    if schedule is None:
        return lambda step, history: plateau_rate(config, history)
    table = np.asarray(schedule(np.arange(config.epochs * batches, dtype=np.float32)))
    return lambda step, history: float(table[step])


def _loss(config: TrainingConfig) -> keras.losses.Loss:
    if config.loss == "focal":
        return keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=config.focal_gamma, label_smoothing=config.label_smoothing
        )
    return keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)


def _optimizer(config: TrainingConfig, rate: object) -> keras.optimizers.Optimizer:
    common = {"learning_rate": rate, "weight_decay": config.weight_decay or None}
    if config.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(momentum=0.9, nesterov=True, **common)
    elif config.optimizer == "adam":
        optimizer = keras.optimizers.Adam(**common)
    else:
        optimizer = keras.optimizers.AdamW(**common)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if config.precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _tensorboard(config: TrainingConfig, folder: Path | None) -> list[keras.callbacks.Callback]:
    if not config.tensorboard:
        return []
    if find_spec("tensorboard") is None:  # Keras needs it for scalars
        raise ConfigError(
            "tensorboard is true, and the package tensorboard is not installed. "
            f"Install it with `{install_command('tensorboard')}`, or set it to false."
        )
    where = (folder or Path()).parent / "tensorboard"
    return [keras.callbacks.TensorBoard(str(where), write_graph=False)]
