"""Images a second of training beside those of the bare network, in one run.

`fit` with augmentation, over a bare `model.fit` of the same network on arrays in memory without
augmentation (at least 0.9).
"""

import statistics
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from fer.data import load_dataset
from fer.nets import architectures
from fer.training.config import PRESETS
from fer.training.events import BatchEnded
from fer.training.fit import fit

ROUNDS = 3


def main() -> None:
    """Run and print."""
    for name in ("quick", "classic", "strong"):
        ratios = [ratio(name) for _ in range(ROUNDS)]
        print(
            f"{name}: images/s {statistics.median(ratios):.2f} of the bare network (at least 0.9; "
            f"rounds: {', '.join(f'{r:.2f}' for r in ratios)})"
        )


def ratio(name: str) -> float:
    """Images a second in an epoch of ours over those of a bare one, steps after the first few."""
    config = PRESETS[name].changed({"epochs": 1, "warmup_epochs": 0})
    dataset = load_dataset("synthetic").select("all")
    seconds: list[float] = []

    def listen(event: object) -> None:
        if isinstance(event, BatchEnded):
            seconds.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        fit(config, dataset, listener=listen, folder=Path(folder))
    ours = rate(seconds)

    train = dataset.select("train")
    model = architectures.build(
        config.architecture, height=48, width=48, channels=1, classes=7, options=config.options
    )
    model.compile(config.optimizer, "categorical_crossentropy", metrics=["accuracy"],
                  jit_compile=keras.backend.backend() != "tensorflow")  # fmt: skip
    seconds = []
    stamp = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seconds.append(time.perf_counter())
    )
    targets = np.eye(7, dtype=np.float32)[train.targets]
    model.fit(train.pixels, targets, batch_size=config.batch_size, callbacks=[stamp], verbose=0)
    return ours / rate(seconds)


def rate(stamps: list[float]) -> float:
    """Steps a second, by the median step; the last batch is smaller and is left out."""
    return 1 / statistics.median(np.diff(stamps[3:-1]))


if __name__ == "__main__":
    main()
