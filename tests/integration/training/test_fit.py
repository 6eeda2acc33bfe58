from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fer.data import Dataset
from fer.errors import DatasetError
from fer.nets import architectures
from fer.nets.augmentation import Augmentation
from fer.training.config import TrainingConfig
from fer.training.events import BatchEnded, EpochEnded, Event, Observer
from fer.training.fit import fit


class Recording(Observer):
    """Keeps every event, and ends the training once `enough` of them have come."""

    def __init__(self, enough: Callable[[list[Event]], bool] = lambda events: False) -> None:
        self.events: list[Event] = []
        self._enough = enough

    def notify(self, event: Event) -> None:
        self.events.append(event)

    def should_stop(self) -> bool:
        return self._enough(self.events)

    @property
    def steps(self) -> list[BatchEnded]:
        return [event for event in self.events if isinstance(event, BatchEnded)]

    @property
    def epochs(self) -> list[EpochEnded]:
        return [event for event in self.events if isinstance(event, EpochEnded)]


def test_the_same_seed_gives_the_same_losses(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    config = replace(tiny_config, epochs=1)
    first, again = (fit(config, tiny_dataset).history for _ in range(2))
    assert [epoch.loss for epoch in first] == [epoch.loss for epoch in again]
    other = fit(replace(config, seed=1), tiny_dataset).history
    assert other[0].loss != pytest.approx(first[0].loss, rel=1e-4)


def test_training_stops_after_the_step_on_request_and_keeps_its_weights(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    observer = Recording(lambda events: sum(isinstance(e, BatchEnded) for e in events) == 4)
    fitted = fit(replace(tiny_config, epochs=50), tiny_dataset, observer=observer)
    assert len(observer.steps) == 4
    assert fitted.stopped
    assert np.isfinite(fitted.model.get_weights()[0]).all()


def test_the_test_split_is_never_used(tiny_dataset: Dataset, tiny_config: TrainingConfig) -> None:
    spoiled = tiny_dataset.pixels.copy()
    spoiled[(tiny_dataset.index["split"] == "test").to_numpy()] = 0
    given, blind = (
        fit(tiny_config, dataset).history
        for dataset in (tiny_dataset, replace(tiny_dataset, pixels=spoiled))
    )
    assert [epoch.val_loss for epoch in given] == pytest.approx(
        [epoch.val_loss for epoch in blind], rel=1e-4
    )


def test_one_class_or_no_train_split_is_an_error(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    with pytest.raises(DatasetError, match="only the class happy"):
        fit(tiny_config, replace(tiny_dataset, labels=("happy",)))
    only_test = tiny_dataset.select("test")
    with pytest.raises(DatasetError, match="no faces in split 'train'"):
        fit(tiny_config, only_test)


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": "focal"},
        {"loss": "balanced-softmax", "logit_adjustment": 1.0},
        {"optimizer": "adamw", "schedule": "one-cycle"},
        {"class_weights": "balanced", "select_on": "last"},
        {"precision": "mixed_bfloat16"},
        {"precision": "mixed_float16"},
    ],
    ids=str,
)
def test_every_way_of_training_gives_a_float32_network(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, changes: dict[str, object]
) -> None:
    config = replace(tiny_config, epochs=2, **changes)  # type: ignore[arg-type]
    fitted = fit(config, tiny_dataset)
    assert len(fitted.history) == 2
    assert {layer.compute_dtype for layer in fitted.model.layers} <= {"float32", "uint8"}
    validation = tiny_dataset.select("validation")
    predicted = np.asarray(fitted.model(validation.pixels, training=False)).argmax(axis=1)
    reached = (predicted == validation.targets).mean()
    kept = (
        fitted.history[-1]
        if config.select_on == "last"
        else max(fitted.history, key=lambda epoch: epoch.val_accuracy)
    )
    assert reached == pytest.approx(kept.val_accuracy, abs=0.07)


def test_early_stopping_ends_before_the_planned_epochs(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    config = replace(tiny_config, epochs=30, early_stopping=1, learning_rate=1e-7)
    fitted = fit(config, tiny_dataset)
    assert len(fitted.history) < 30
    assert not fitted.stopped


@pytest.mark.parametrize(
    ("architecture", "channels"),
    [
        ("simple", 1),
        ("batchnorm", 1),
        ("two-conv", 3),
        ("mini-xception", 1),
        ("vgg", 1),
        ("resnet", 1),
    ],
)
def test_every_architecture_learns_drawn_faces(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, architecture: str, channels: int
) -> None:
    sizes = {"width": 0.25, "dropout": 0.0}
    known = architectures.options_of(architecture)
    config = replace(
        tiny_config,
        architecture=architecture,
        channels=channels,
        options={name: value for name, value in sizes.items() if name in known},
        epochs=25,
        batch_size=8,
        learning_rate=0.002,
        augmentation=Augmentation(rotation_deg=0, zoom=0, shift=0, erase=0),
    )
    faces = np.repeat(tiny_dataset.pixels, channels, axis=-1)
    good = Recording(
        lambda events: any(isinstance(e, EpochEnded) and e.accuracy > 0.9 for e in events)
    )
    fit(config, replace(tiny_dataset, pixels=faces), observer=good)
    assert good.epochs[-1].accuracy > 0.9
    assert good.epochs[-1].loss < good.epochs[0].loss


def test_faces_of_another_size_than_the_configuration_are_refused(
    tiny_dataset: Dataset,
) -> None:
    with pytest.raises(
        DatasetError, match=r"\(24, 24, 1\); the configuration requires \(48, 48, 1\)"
    ):
        fit(TrainingConfig(), tiny_dataset)
