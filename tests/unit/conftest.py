import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer.data import Dataset
from fer.data.synthetic import synthetic_faces
from fer.models.model import Model
from fer.nets.augmentation import Augmentation
from fer.runs.run import Run
from fer.training.config import TrainingConfig


@pytest.fixture(autouse=True)
def runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs of tests, and what tests make the machine remember, stay in the test's folder."""
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture(scope="session")
def tiny_dataset() -> Dataset:
    """Two emotions of drawn 24×24 faces in three parts."""
    labels = ("happy", "surprise")
    faces, targets = synthetic_faces(per_class=40, size=24, seed=0, labels=labels)
    index = pd.DataFrame(
        {
            "path": [f"{i}.png" for i in range(len(faces))],
            "label": [labels[target] for target in targets],
            "split": np.resize(["train", "train", "train", "validation", "test"], len(faces)),
            "width": 24,
            "height": 24,
            "hash": [str(i) for i in range(len(faces))],
        }
    )
    return Dataset(
        name="tiny", index=index, pixels=faces, labels=labels, split_rule="by hand", synthetic=True
    )


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
    from fer import api

    folder = tmp_path_factory.mktemp("models") / "tiny"
    api.train(tiny_dataset, config=tiny_config, out=folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_folder: Path) -> Model:
    from fer import models

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
def face_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn faces of two emotions, as a folder of folders."""
    import cv2

    from fer.data.synthetic import draw_face

    root = tmp_path_factory.mktemp("faces")
    for label in ("happy", "surprise"):
        for part, count in (("train", 16), ("test", 4)):
            folder = root / part / label
            folder.mkdir(parents=True)
            for seed in range(count):
                cv2.imwrite(str(folder / f"{seed}.png"), draw_face(label, seed=seed, size=24))
    return root


@pytest.fixture(scope="session")
def wait_for() -> Callable[..., None]:
    """Call with a run and states: returns once it is in one of them."""

    def wait(run: Run, *states: str, timeout_s: float = 200) -> None:
        end = time.monotonic() + timeout_s
        while (state := run.status().get("state")) not in states:
            assert time.monotonic() < end, f"{state} after {timeout_s} s: {run.stored_status()}"
            time.sleep(0.05)

    return wait
