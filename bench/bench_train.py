"""What training and its page cost beside the bare network.

- images a second: `fit` with augmentation, validation and checkpoints left out of neither, over
  a bare `model.fit` of the same network on arrays in memory without augmentation (at least 0.9);
- the page's look at its runs: share of a core when nothing runs (under 2 %) and while one is
  shown live (under 5 %), as CPU seconds of one look over the seconds between two.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from fer.data import load_dataset
from fer.nets import architectures
from fer.training.config import PRESETS
from fer.training.events import BatchEnded
from fer.training.fit import fit
from fer.training.metrics_file import METRICS_FILE
from fer.training.runs import create, list_runs

ROUNDS = 3


def main() -> None:
    """Run and print."""
    for name in ("quick", "classic", "strong"):
        ratios = [ratio(name) for _ in range(ROUNDS)]
        print(
            f"{name}: images/s {statistics.median(ratios):.2f} of the bare network (at least 0.9; "
            f"rounds: {', '.join(f'{r:.2f}' for r in ratios)})"
        )
    page()


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


def page() -> None:
    """CPU of one look at ten runs, and of one drawing of a live run's curves."""
    import os

    from pages.shared import run_charts, run_list

    with tempfile.TemporaryDirectory() as folder:
        os.environ["FER_RUNS"] = folder
        for _ in range(10):
            run = create(PRESETS["classic"], state="finished")
        rows = [
            {"kind": "step", "step": n, "epoch": 1 + n // 225, "loss": 1.0, "accuracy": 0.5,
             "learning_rate": 0.1}
            for n in range(1, 2001)
        ]  # fmt: skip
        (run.folder / METRICS_FILE).write_text("".join(json.dumps(row) + "\n" for row in rows))
        idle = cpu(lambda: run_list.signature(run_list.overview())) / 5.0
        live = cpu(lambda: run_list.signature(run_list.overview())) / 2.0
        live += cpu(lambda: run_charts.show_curves(list_runs()[0].folder, key="bench")) / 6.0
    print(f"page: {idle:.1%} of a core when nothing runs (under 2 %), {live:.1%} live (under 5 %)")


def cpu(look: Callable[[], object]) -> float:
    """CPU seconds of one call, the median of ten."""
    spent = []
    for _ in range(10):
        before = time.process_time()
        look()
        spent.append(time.process_time() - before)
    return statistics.median(spent)


if __name__ == "__main__":
    main()
