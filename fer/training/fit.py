"""Fit a network to a data set; the work can be stopped and resumed."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np

from fer import models
from fer.data import Dataset
from fer.importing import require
from fer.models.card import check_faces
from fer.nets.cost import multiply_adds
from fer.training import checkpoint
from fer.training.batches import AugmentedBatches
from fer.training.config import TrainingConfig
from fer.training.events import EpochEnded, Observer, Started
from fer.training.loop import Loop
from fer.training.losses import loss_function
from fer.training.network import adjust_logits, between, build, plain, uses_xla
from fer.training.schedules import is_over, step_schedule
from fer.training.targets import Taught, add_distillation, build_training_set


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The result of `fit`.

    Attributes:
        model: The network with the weights that are kept.
        labels: Its classes, in the order of its outputs.
        history: One entry per finished epoch.
        stopped: Whether the observer ended it early.
    """

    model: keras.Model
    labels: tuple[str, ...]
    history: list[EpochEnded]
    stopped: bool


def fit(
    config: TrainingConfig,
    dataset: Dataset,
    *,
    observer: Observer | None = None,
    checkpoints: Path | None = None,
) -> Fitted:
    """Train a network on `train` and keep the epoch that is best on `validation`.

    The test splits are never used.

    Args:
        config: How to train; also names the start model and the teachers, if any.
        dataset: Faces of the shape that the configuration names.
        observer: Receives `Started`, `BatchEnded` and `EpochEnded`, and may end the training.
        checkpoints: Folder to save to after each epoch, and to resume from.

    Raises:
        DatasetError: If its faces have another shape, there is no train or validation split, or
            there are fewer than two classes.
        ConfigError: If the configuration does not suit the data set, or a model that it names.
        ModelError: If a model that it names is missing or damaged.
        MissingPackageError: If it asks for TensorBoard, which is not installed.
        TrainingError: If the loss is no longer a number, or a checkpoint cannot be used.
        OSError: If a checkpoint cannot be written; the one before it stays.
    """
    observer = observer or Observer()
    training_set = build_training_set(config, dataset)
    keras.utils.set_random_seed(config.seed)  # dropout of a loaded network draws its seed, too
    start = models.load(config.start_from) if config.start_from else None
    model = build(config, training_set.labels, start)
    # Copies: JAX returns views of memory that its first step overwrites.
    before = [np.array(array) for array in model.get_weights()] if config.start_share else []
    check_faces(dataset, "the configuration requires", config.shape)
    teachers = [models.load(name) for name in config.teachers]
    own_targets, taught = training_set.targets, None
    # With varied faces, these answers for the faces as they are still give the class frequencies.
    training_set = served = add_distillation(training_set, config, dataset, teachers)
    if teachers and config.teacher_variations:
        taught = Taught(teachers, labels=training_set.labels)
        served = replace(training_set, targets=own_targets)
    batches = AugmentedBatches(config, served, dataset.pixels, taught)
    schedule = step_schedule(config, steps_per_epoch=len(batches))
    model.compile(
        optimizer=_optimizer(config, schedule or config.learning_rate),
        loss=loss_function(config, training_set.targets.mean(axis=0)),
        metrics=["accuracy"],
        jit_compile=uses_xla(),
    )
    model.optimizer.build(model.trainable_variables)
    state = checkpoint.TrainingState()
    if checkpoints and checkpoint.exists(checkpoints):
        state = checkpoint.load(checkpoints, model)
    observer.notify(
        Started(
            labels=training_set.labels,
            parameters=model.count_params(),
            multiply_adds=multiply_adds(model),
            train_faces=len(training_set.train),
            validation_faces=len(training_set.validation),
            epochs=config.epochs,
            batches=len(batches),
            validation_counts=training_set.validation_counts,
            history=tuple(state.history),
        )
    )
    loop = Loop(
        config=config,
        training_set=training_set,
        faces=dataset.pixels,
        batches=batches,
        state=state,
        rates=schedule and schedule.table(),
        observer=observer,
        checkpoints=checkpoints,
        start=before,
    )
    unfinished = not is_over(config, state.history)
    loop.stopped = unfinished and observer.should_stop()
    if unfinished and not loop.stopped:
        model.fit(
            batches,
            epochs=config.epochs,
            initial_epoch=len(state.history),
            callbacks=[loop, *_tensorboard(config, checkpoints)],
            shuffle=False,  # the batches come shuffled, in an order that a resumed run repeats
            verbose=0,
        )
    weights = state.best
    if config.select_on == "last" or not weights:
        weights = between(
            state.average or model.get_weights(), before, start_share=config.start_share
        )
    finished = plain(config, model, weights)
    adjust_logits(finished, training_set.targets.mean(axis=0), config.post_hoc_adjustment)
    return Fitted(
        model=finished, labels=training_set.labels, history=state.history, stopped=loop.stopped
    )


def _optimizer(config: TrainingConfig, rate: object) -> keras.optimizers.Optimizer:
    kinds = {
        "sgd": partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
    }
    optimizer = kinds[config.optimizer](
        learning_rate=rate, weight_decay=config.weight_decay or None
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if config.precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _tensorboard(
    config: TrainingConfig, checkpoints: Path | None
) -> list[keras.callbacks.Callback]:
    if not config.tensorboard:
        return []
    require("tensorboard")  # Keras needs it for scalars
    where = (checkpoints or Path()).parent / "tensorboard"
    return [keras.callbacks.TensorBoard(str(where), write_graph=False)]
