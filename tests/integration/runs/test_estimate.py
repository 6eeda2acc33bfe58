import time

import keras
import numpy as np
import pytest

from fer.errors import ConfigError
from fer.runs import estimate


def test_the_throughput_is_that_of_the_fastest_step_after_the_one_that_compiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = iter([9.0, 0.5, 0.25, 0.4])
    batches = []

    def step(self: keras.Model, faces: np.ndarray, targets: np.ndarray) -> None:
        batches.append((faces.shape, targets.sum(axis=1).tolist()))
        clock[0] += next(seconds)

    clock = [100.0]
    monkeypatch.setattr(keras.Model, "train_on_batch", step)
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    measured = estimate.throughput("simple", {"dropout": 0.2}, (24, 32, 3), 8)
    assert measured == pytest.approx(8 / 0.25)
    assert batches == [((8, 24, 32, 3), [1.0] * 8)] * 4


def test_a_network_really_takes_the_steps() -> None:
    assert 1 < estimate.throughput("simple", {}, (16, 16, 1), 4) < 1e6


def test_the_throughput_of_a_network_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="Unknown architecture 'lenet'"):
        estimate.throughput("lenet", {}, (48, 48, 1), 8)
