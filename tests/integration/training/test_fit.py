from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer import api, models
from fer.data import Dataset
from fer.errors import ConfigError, DatasetError, TrainingError
from fer.nets import architectures
from fer.nets.augmentation import Augmentation
from fer.training import network
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


def test_the_same_seed_gives_the_same_losses(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    config = replace(tiny_config, epochs=1)
    first, again = (fit(config, tiny_dataset).history for _ in range(2))
    assert [epoch.loss for epoch in first] == [epoch.loss for epoch in again]
    other = fit(replace(config, seed=1), tiny_dataset).history
    assert other[0].loss != pytest.approx(first[0].loss, rel=1e-4)


def test_asked_to_stop_it_ends_after_the_step_and_keeps_what_it_has(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    observer = Recording(lambda events: sum(isinstance(e, BatchEnded) for e in events) == 4)
    fitted = fit(replace(tiny_config, epochs=50), tiny_dataset, observer=observer)
    assert len(observer.steps) == 4
    assert fitted.stopped
    assert np.isfinite(fitted.model.get_weights()[0]).all()


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_the_weights_kept_are_those_of_the_best_validated_epoch(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, ema: float
) -> None:
    fitted = fit(replace(tiny_config, epochs=4, ema=ema), tiny_dataset)
    validation = tiny_dataset.select("validation")
    predicted = np.asarray(fitted.model(validation.pixels, training=False)).argmax(axis=1)
    best = max(epoch.val_accuracy for epoch in fitted.history)
    assert (predicted == validation.targets).mean() == pytest.approx(best)


def test_the_test_part_is_not_looked_at(tiny_dataset: Dataset, tiny_config: TrainingConfig) -> None:
    spoiled = tiny_dataset.pixels.copy()
    spoiled[(tiny_dataset.index["split"] == "test").to_numpy()] = 0
    given, blind = (
        fit(tiny_config, dataset).history
        for dataset in (tiny_dataset, replace(tiny_dataset, pixels=spoiled))
    )
    assert [epoch.val_loss for epoch in given] == pytest.approx(
        [epoch.val_loss for epoch in blind], rel=1e-4
    )


def test_one_class_or_no_train_part_is_an_error(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    with pytest.raises(DatasetError, match="only the class happy"):
        fit(tiny_config, replace(tiny_dataset, labels=("happy",)))
    only_test = tiny_dataset.select("test")
    with pytest.raises(DatasetError, match="no faces in split 'train'"):
        fit(tiny_config, only_test)


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


def test_an_epoch_tells_recall_and_confusion_of_validation(
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


def test_averaged_weights_are_of_use_from_the_first_epoch(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    config = replace(tiny_config, architecture="batchnorm", epochs=3, options={"width": 0.25})
    raw, averaged = (fit(replace(config, ema=ema), tiny_dataset).history for ema in (0.0, 0.999))
    assert [e.loss for e in raw] == pytest.approx([e.loss for e in averaged], rel=1e-3)
    # With a decay of 0.999 and no warm-up, nine steps would leave the initial weights.
    assert averaged[-1].val_loss < 1.5 * raw[-1].val_loss


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": "focal"},
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


def test_a_loss_that_is_no_number_ends_it_with_the_reason(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    exploding = {"optimizer": "sgd", "learning_rate": 10.0, "weight_decay": 1.0}
    config = replace(tiny_config, epochs=100, **exploding)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match=r"no longer a number.*Lower learning_rate"):
        fit(config, tiny_dataset)


def test_logit_adjustment_raises_rare_classes_by_their_share(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    index = tiny_dataset.index
    happy = np.flatnonzero((index["split"] == "train") & (index["label"] == "happy"))
    part = tiny_dataset.take(np.delete(np.arange(len(tiny_dataset)), happy[5:]))
    shares = part.index["label"][part.index["split"] == "train"].value_counts(normalize=True)
    answers = []
    for amount in (0.0, 0.5):
        done = fit(tiny_config.changed({"logit_adjustment": amount}), part)
        answers.append(np.asarray(done.model(part.pixels[:5])))
    expected = answers[0] * np.array([shares[label] for label in done.labels]) ** -0.5
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answers[1], expected, atol=1e-5)
    assert shares.max() > 3 * shares.min()


def test_early_stopping_ends_before_the_planned_epochs(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    config = replace(tiny_config, epochs=30, early_stopping=1, learning_rate=1e-7)
    fitted = fit(config, tiny_dataset)
    assert len(fitted.history) < 30
    assert not fitted.stopped


def test_fine_tuning_keeps_frozen_layers_and_the_known_part_of_the_head(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tiny_folder: Path
) -> None:
    index = tiny_dataset.index.copy()
    index.loc[index["label"] == "surprise", "label"] = "sad"
    other = replace(tiny_dataset, index=index, labels=("happy", "sad"))
    start = models.load(tiny_folder)
    before = [layer.get_weights() for layer in start.network.layers if layer.weights]
    config = replace(
        tiny_config, start_from=str(tiny_folder), frozen_layers=3, learning_rate=1e-7, epochs=1
    )
    fitted = fit(config, other)
    after = [layer.get_weights() for layer in fitted.model.layers if layer.weights]
    assert fitted.labels == ("happy", "sad")
    for number in range(3):
        assert all((a == b).all() for a, b in zip(before[number], after[number], strict=True))
    kernel, fresh = before[-1][0], after[-1][0]
    np.testing.assert_allclose(fresh[:, 0], kernel[:, 0], atol=1e-4)
    assert np.abs(fresh[:, 1] - kernel[:, 1]).max() > 0.01


def test_fine_tuning_needs_the_models_own_size_and_something_to_learn(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tiny_folder: Path
) -> None:
    config = replace(tiny_config, start_from=str(tiny_folder))
    with pytest.raises(ConfigError, match="Set them to the model's"):
        fit(replace(config, height=32), tiny_dataset)
    with pytest.raises(ConfigError, match="Leave at least the last one free"):
        fit(replace(config, frozen_layers=99), tiny_dataset)


def test_a_widened_network_begins_with_the_answers_of_the_one_it_comes_from(
    tiny_dataset: Dataset,
    tiny_config: TrainingConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = tiny_config.changed({"architecture": "resnet", "options": {"width": 0.3}, "epochs": 1})
    api.train(tiny_dataset, config=small, out=tmp_path / "small")
    start = models.load(tmp_path / "small")
    wanted = small.changed({"start_from": str(tmp_path / "small"), "widen": 2})
    config = wanted.resolved()
    assert config.options == {"width": 0.6}
    assert config.resolved() == config
    monkeypatch.setattr(network, "_WIDENING_NOISE", 0)
    wide = network.build(config, start.card.labels, start)
    assert wide.count_params() > 3 * start.network.count_params()
    faces = tiny_dataset.pixels[:20]
    np.testing.assert_allclose(wide(faces), start.network(faces), atol=1e-5)

    made = api.train(tiny_dataset, config=wanted, out=tmp_path / "wide")
    assert made.card.config["options"] == {"width": 0.6}
    assert made.card.parameters == wide.count_params()


def test_a_network_that_reads_places_cannot_be_widened(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tiny_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="widen needs start_from"):
        tiny_config.changed({"widen": 2})
    config = tiny_config.changed({"start_from": str(tiny_folder), "widen": 2})
    with pytest.raises(ConfigError, match="dense layer reads places"):
        api.train(tiny_dataset, config=config, out=tmp_path / "never")


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


def test_the_focal_loss_is_that_of_its_paper() -> None:
    from fer.training.fit import _loss

    config = TrainingConfig(loss="focal", focal_gamma=3, label_smoothing=0)
    targets, given = np.eye(3, dtype=np.float32), np.full((3, 3), 0.3, np.float32)
    given[np.arange(3), np.arange(3)] = 0.4
    expected = -((1 - 0.4) ** 3) * np.log(0.4)  # Lin et al. 2017, without the weight of classes
    assert float(_loss(config)(targets, given)) == pytest.approx(expected, rel=1e-5)


def test_faces_of_another_size_than_the_configuration_says_are_refused(
    tiny_dataset: Dataset,
) -> None:
    with pytest.raises(DatasetError, match=r"\(24, 24, 1\); the configuration says \(48, 48, 1\)"):
        fit(TrainingConfig(), tiny_dataset)
