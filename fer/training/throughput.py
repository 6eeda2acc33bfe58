"""The throughput of training on this machine, measured in a few steps."""

import time
from collections.abc import Mapping

import numpy as np

from fer.nets import architectures
from fer.training.network import uses_xla

_CLASSES, _STEPS = 7, 3


def measure_speed(
    architecture: str, options: Mapping[str, float], shape: tuple[int, int, int], batch_size: int
) -> float:
    """Faces per second in training: the best of three steps, after one that compiles.

    `shape` is height, width and channels of the faces; `batch_size`, the faces per step.

    Raises:
        ConfigError: If there is no such network.
    """
    height, width, channels = shape
    model = architectures.build(
        architecture, height=height, width=width, channels=channels, classes=_CLASSES,
        options=options,
    )  # fmt: skip
    model.compile("sgd", "categorical_crossentropy", jit_compile=uses_xla())
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 256, (batch_size, *shape), dtype=np.uint8)
    targets = np.eye(_CLASSES, dtype=np.float32)[rng.integers(0, _CLASSES, batch_size)]
    seconds = []
    for _ in range(1 + _STEPS):
        started = time.perf_counter()
        model.train_on_batch(faces, targets)
        seconds.append(time.perf_counter() - started)
    return batch_size / min(seconds[1:])
