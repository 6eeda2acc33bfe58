"""Throughput of training as a share of the bare network's, in one run.

`fit` with augmentation, over a bare `model.fit` of the same network on arrays in memory without
augmentation (at least 0.9). On a loaded machine, trust the second ratio, which counts CPU time.
"""

import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from fer.data import load_dataset
from fer.nets import architectures
from fer.training.config import PRESETS
from fer.training.events import BatchEnded, Event, Observer
from fer.training.fit import fit
from fer.training.network import uses_xla

ROUNDS = 3


def main() -> None:
    """Run and print."""
    for name in ("quick", "classic", "strong"):
        ratios = np.array([ratio(name) for _ in range(ROUNDS)])
        wall, cpu = np.median(ratios, axis=0)
        print(
            f"{name}: faces/s {wall:.2f} of the bare network (at least 0.9; "
            f"rounds: {', '.join(f'{r:.2f}' for r in ratios[:, 0])}); by CPU time {cpu:.2f}",
            flush=True,
        )


def ratio(name: str) -> np.ndarray:
    """Throughput of an epoch of ours over that of a bare one, after the first few steps.

    Returns:
        By the clock and by CPU time, shape (2,).
    """
    config = PRESETS[name].changed({"epochs": 1, "warmup_epochs": 0})
    dataset = load_dataset("synthetic").select("all")
    seconds: list[tuple[float, float]] = []

    class Clock(Observer):
        def notify(self, event: Event) -> None:
            if isinstance(event, BatchEnded):
                seconds.append((time.perf_counter(), time.process_time()))

    with tempfile.TemporaryDirectory() as folder:
        fit(config, dataset, observer=Clock(), checkpoints=Path(folder))
    ours = rate(seconds)

    train = dataset.select("train")
    model = architectures.build(config.architecture, (48, 48, 1), classes=7, options=config.options)
    model.compile(config.optimizer, "categorical_crossentropy", metrics=["accuracy"],
                  jit_compile=uses_xla())  # fmt: skip
    seconds = []
    stamp = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seconds.append(
            (time.perf_counter(), time.process_time())
        )
    )
    targets = np.eye(7, dtype=np.float32)[train.targets]
    model.fit(train.pixels, targets, batch_size=config.batch_size, callbacks=[stamp], verbose=0)
    return ours / rate(seconds)


def rate(stamps: list[tuple[float, float]]) -> np.ndarray:
    """Steps a second, by the median step; the last batch is smaller and is skipped."""
    return 1 / np.median(np.diff(stamps[3:-1], axis=0), axis=0)


if __name__ == "__main__":
    main()
