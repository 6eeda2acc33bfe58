from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fer.data import Dataset
from fer.errors import TrainingError
from fer.training.config import TrainingConfig
from fer.training.events import BatchEnded, EpochEnded, Event, Observer, Started
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


def test_events_count_every_step_and_every_epoch(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    observer = Recording()
    fitted = fit(tiny_config, tiny_dataset, observer=observer)
    started = observer.events[0]
    assert isinstance(started, Started)
    assert (started.train_faces, started.validation_faces, started.batches) == (48, 16, 3)
    assert [(step.epoch, step.batch) for step in observer.steps] == [
        (epoch, batch) for epoch in (1, 2) for batch in (1, 2, 3)
    ]
    assert {step.batches for step in observer.steps} == {3}
    assert observer.epochs == fitted.history
    assert not fitted.stopped


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_the_weights_kept_are_those_of_the_best_validated_epoch(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, ema: float
) -> None:
    fitted = fit(replace(tiny_config, epochs=4, ema=ema), tiny_dataset)
    validation = tiny_dataset.select("validation")
    predicted = np.asarray(fitted.model(validation.pixels, training=False)).argmax(axis=1)
    best = max(epoch.val_accuracy for epoch in fitted.history)
    assert (predicted == validation.targets).mean() == pytest.approx(best)


def test_step_losses_average_to_the_epochs_loss(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    observer = Recording()
    config = replace(tiny_config, epochs=1, batch_size=20)
    fitted = fit(config, tiny_dataset, observer=observer)
    sizes = [step.faces for step in observer.steps]
    assert sizes == [20, 20, 8]
    for name in ("loss", "accuracy"):
        means = [getattr(step, f"batch_{name}") for step in observer.steps]
        mean = np.average(means, weights=sizes)
        assert mean == pytest.approx(getattr(fitted.history[0], name), rel=1e-4)


def test_an_epoch_reports_recall_and_confusion_on_validation(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    [epoch] = fit(replace(tiny_config, epochs=1), tiny_dataset).history
    matrix = np.array(epoch.confusion)
    counts = np.bincount(tiny_dataset.select("validation").targets)
    assert matrix.sum(axis=1).tolist() == counts.tolist()
    assert matrix.trace() / matrix.sum() == pytest.approx(epoch.val_accuracy)
    assert epoch.recall == {
        label: matrix[i, i] / counts[i] for i, label in enumerate(tiny_dataset.labels)
    }


def test_averaged_weights_are_usable_from_the_first_epoch(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    config = replace(tiny_config, architecture="batchnorm", epochs=3, options={"width": 0.25})
    raw, averaged = (fit(replace(config, ema=ema), tiny_dataset).history for ema in (0.0, 0.999))
    assert [e.loss for e in raw] == pytest.approx([e.loss for e in averaged], rel=1e-3)
    # With a decay of 0.999 and no warm-up, nine steps would leave the initial weights.
    assert averaged[-1].val_loss < 1.5 * raw[-1].val_loss


def test_a_loss_that_is_not_a_number_ends_training_with_the_reason(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    exploding = {"optimizer": "sgd", "learning_rate": 10.0, "weight_decay": 1.0}
    config = replace(tiny_config, epochs=100, **exploding)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match=r"no longer a number.*Lower learning_rate"):
        fit(config, tiny_dataset)
