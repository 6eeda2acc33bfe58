from dataclasses import replace

import keras
import pytest

from fer.data import Dataset
from fer.nets import architectures
from fer.training.card import build_card
from fer.training.config import TrainingConfig
from fer.training.events import EpochEnded
from fer.training.fit import Fitted


def epoch(number: int, val_accuracy: float) -> EpochEnded:
    return EpochEnded(
        epoch=number, epochs=3, loss=1, accuracy=0.5, val_loss=1, val_accuracy=val_accuracy,
        is_best=True, seconds=1.26, learning_rate=0.1, recall={"happy": 1.0}, confusion=[[1]],
    )  # fmt: skip


@pytest.fixture
def fitted(tiny_dataset: Dataset) -> Fitted:
    """Stopped after three epochs, the second of which was the best."""
    network = architectures.build("simple", (24, 24, 1), classes=2)
    history = [epoch(1, 0.4), epoch(2, 0.9), epoch(3, 0.7)]
    return Fitted(model=network, labels=tiny_dataset.labels, history=history, stopped=True)


def test_a_card_holds_what_prediction_needs_and_where_the_network_comes_from(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, fitted: Fitted
) -> None:
    card = build_card("mine", tiny_config, tiny_dataset, fitted)
    assert (card.name, card.labels, card.shape) == ("mine", tiny_dataset.labels, (24, 24, 1))
    assert set(card.framing) == {"eyes_x", "eyes_y", "span"}
    assert card.data["fingerprint"] == tiny_dataset.fingerprint()
    assert card.data["splits"] == tiny_dataset.splits
    assert TrainingConfig(**card.config | {"augmentation": tiny_config.augmentation}) == tiny_config
    assert card.versions["keras"] == keras.__version__
    assert card.metrics == {}


def test_a_card_counts_weights_and_multiply_adds(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, fitted: Fitted
) -> None:
    card = build_card("mine", tiny_config, tiny_dataset, fitted)
    # Kernels of 3×3, at 24×24, 12×12 and 6×6 pixels; then 3×3×128 → 128 → 2.
    kernels = [9 * 32, 9 * 32 * 64, 9 * 64 * 128]
    dense = [3 * 3 * 128 * 128, 128 * 2]
    biases = 32 + 64 + 128 + 128 + 2
    assert card.parameters == sum(kernels) + sum(dense) + biases
    pixels = [24 * 24, 12 * 12, 6 * 6]
    assert card.multiply_adds == sum(dense) + sum(
        kernel * places for kernel, places in zip(kernels, pixels, strict=True)
    )


def test_a_card_names_the_best_epoch_and_leaves_matrices_to_the_run(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, fitted: Fitted
) -> None:
    training = build_card("mine", tiny_config, tiny_dataset, fitted).training
    assert (training["epochs_run"], training["best_epoch"], training["stopped"]) == (3, 2, True)
    assert training["seconds"] == 3.8
    assert [row["val_accuracy"] for row in training["history"]] == [0.4, 0.9, 0.7]
    assert not {"recall", "confusion"} & set(training["history"][0])
    assert fitted.history[0].recall == {"happy": 1.0}, "the run's own record is whole"


def test_a_training_stopped_before_its_first_epoch_has_no_best_one(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, fitted: Fitted
) -> None:
    none = replace(fitted, history=[])
    assert build_card("mine", tiny_config, tiny_dataset, none).training["best_epoch"] == 0
