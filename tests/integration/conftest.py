"""A small trained model, and runs to wait for."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fer import api, models
from fer.data import Dataset
from fer.models.model import Model
from fer.nets.augmentation import Augmentation
from fer.runs.run import Run
from fer.training.config import TrainingConfig


@pytest.fixture(scope="session")
def tiny_config() -> TrainingConfig:
    return TrainingConfig(
        architecture="simple",
        height=24,
        width=24,
        epochs=2,
        batch_size=16,
        optimizer="adam",
        learning_rate=0.003,
        ema=0,
        augmentation=Augmentation(),
    )


@pytest.fixture(scope="session")
def tiny_folder(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a trained model."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    api.train(tiny_dataset, config=tiny_config, out=folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_folder: Path) -> Model:
    return models.load(tiny_folder)


@pytest.fixture
def small_config(face_folder: Path) -> TrainingConfig:
    """A training of three steps an epoch, on faces in a folder."""
    return TrainingConfig(
        dataset=str(face_folder),
        architecture="simple",
        height=24,
        width=24,
        epochs=2,
        batch_size=8,
        optimizer="adam",
        learning_rate=0.003,
        ema=0,
        validation_fraction=0.25,
    )


@pytest.fixture(scope="session")
def wait_for() -> Callable[..., None]:
    """Call with a run and states: returns once it is in one of them."""

    def wait(run: Run, *states: str, timeout_s: float = 200) -> None:
        end = time.monotonic() + timeout_s
        while (state := run.status().get("state")) not in states:
            assert time.monotonic() < end, f"{state} after {timeout_s} s: {run.stored_status()}"
            time.sleep(0.05)

    return wait
