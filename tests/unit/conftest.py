"""A model without a network, and a guard: unit tests load no TensorFlow and start no process."""

import subprocess
import sys
from dataclasses import asdict
from importlib.machinery import ModuleSpec
from pathlib import Path

import h5py  # noqa: F401 - its first import asks `uname`, a process
import numpy as np
import pytest

from fer.data import Dataset
from fer.faces.alignment import FER2013_FRAMING
from fer.models.card import ModelCard
from fer.models.model import Model

_HEAVY = ("keras", "streamlit", "tensorflow")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fail where a module of unit tests imports a heavy package, once these tests run alone."""
    only_here = all(item.path.is_relative_to(Path(__file__).parent) for item in session.items)
    if only_here and (loaded := [name for name in _HEAVY if name in sys.modules]):
        raise pytest.UsageError(f"Unit tests import {', '.join(loaded)} while they are collected.")


class _Refused:
    """A finder that refuses heavy packages."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name.partition(".")[0] in _HEAVY:
            pytest.fail(f"A unit test imports {name}; it belongs to tests/integration.")
        return None


@pytest.fixture(autouse=True)
def only_light_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a test imports a heavy package or starts a process."""

    def refuse(*arguments: object, **options: object) -> None:
        pytest.fail("A unit test starts a process; it belongs to tests/integration.")

    monkeypatch.setattr(sys, "meta_path", [_Refused(), *sys.meta_path])
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)


@pytest.fixture(scope="session")
def tiny_model(tiny_dataset: Dataset) -> Model:
    """Names a face after the class whose mean face is nearer; it has no network."""
    train = tiny_dataset.select("train")
    faces = train.pixels.reshape(len(train), -1).astype(np.float32) / 255
    targets = train.targets_among(tiny_dataset.labels)
    means = np.stack([faces[targets == i].mean(axis=0) for i in range(len(tiny_dataset.labels))])

    def forward(given: np.ndarray) -> np.ndarray:
        flat = given.reshape(len(given), -1).astype(np.float32) / 255
        logits = -((flat[:, None] - means) ** 2).sum(axis=2)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        answers: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
        return answers

    def no_network() -> None:
        raise AssertionError("This model has no network.")

    card = ModelCard(
        name="tiny",
        labels=tiny_dataset.labels,
        height=24,
        width=24,
        channels=1,
        framing=asdict(FER2013_FRAMING),
        data={},
    )
    return Model(card=card, forward=forward, open_network=no_network)
