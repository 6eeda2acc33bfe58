"""Training on one device and on several: throughput, and how far the losses lie apart.

    KERAS_BACKEND=jax PYTHONPATH=. python bench/train_on_devices.py [--batch 512] [--width 1]

It trains `resnet` on drawn faces without a pause: on one device as always, on one by the code
for several, then on 2, 4 … as far as there are so many. The rate is gentle, so that rounding stays
rounding. On virtual devices (XLA_FLAGS=--xla_force_host_platform_device_count=4) only the losses
are of interest. On an accelerator, the greatest relative difference of a step's loss should stay
around 1e-3 (convolutions in TF32) or below, on a CPU below 1e-5.
"""

import argparse
import time
from contextlib import AbstractContextManager, nullcontext

import keras
import numpy as np

from fer.data import load_dataset
from fer.training.config import TrainingConfig
from fer.training.devices import SharedBatches, shared_by
from fer.training.events import BatchEnded, Event, Observer
from fer.training.fit import fit


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--batch", type=int, default=512)
    options.add_argument("--width", type=float, default=1.0)
    options.add_argument("--epochs", type=int, default=4)
    asked = options.parse_args()
    dataset = load_dataset("synthetic")
    config = TrainingConfig(
        architecture="resnet", options={"width": asked.width}, epochs=asked.epochs,
        batch_size=asked.batch, learning_rate=0.005, warmup_epochs=0,
    )  # fmt: skip
    found = keras.distribution.list_devices()
    print(f"{keras.backend.backend()} finds {', '.join(found)}; batches of {asked.batch}")
    ways: dict[str, AbstractContextManager[None]] = {
        "1": nullcontext(),
        "1, shared": SharedBatches(devices=found[:1]).scope(),
    }
    ways |= {str(count): shared_by(count) for count in (2, 4, 8, 16) if count <= len(found)}
    first = None
    print("devices     faces/s  greatest difference of a loss, mean loss at the end")
    for name, way in ways.items():
        steps = Steps()
        with way:
            fit(config, dataset, observer=steps)
        losses = np.array(steps.losses)
        first = losses if first is None else first
        apart = np.abs(losses / first - 1).max()
        rate = asked.batch / np.median(np.diff(steps.times[2:]))
        print(f"{name:<10} {rate:8,.0f}  {apart:.1e}  {losses[-5:].mean():.4f}", flush=True)


class Steps(Observer):
    """When each step ended, and its loss."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.losses: list[float] = []

    def notify(self, event: Event) -> None:
        if isinstance(event, BatchEnded):
            self.times.append(time.perf_counter())
            self.losses.append(event.batch_loss)


if __name__ == "__main__":
    main()
