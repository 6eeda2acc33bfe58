import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fer.errors import ConfigError
from fer.training.devices import check_devices, shared_by

# Machine code that is compiled fast rather than to be fast.
DEVICES = "--xla_force_host_platform_device_count={} --xla_backend_optimization_level=0"

# 93 faces in batches of 16: no number of devices can share the last one, of 13, evenly. The
# rate is gentle, as steep ones amplify rounding from step to step on one device, too.
SCRIPT = """
import json, shutil, tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from fer import api
from fer.data import Dataset
from fer.data.synthetic import draw_face, face_seeds
from fer.training.config import TrainingConfig
from fer.training.devices import shared_by
from fer.training.events import BatchEnded, EpochEnded, Observer
from fer.training.fit import fit

labels = ("happy", "surprise")
targets = np.arange(155) % 2
faces = np.stack([
    draw_face(labels[target], seed=seed, size=24)
    for target, seed in zip(targets, face_seeds(155, seed=0), strict=True)
])[..., None]
index = pd.DataFrame({
    "path": [str(i) for i in range(155)],
    "label": [labels[target] for target in targets],
    "split": np.resize(["train", "train", "train", "validation", "test"], 155),
    "width": 24, "height": 24, "hash": [str(i) for i in range(155)],
})
dataset = Dataset(name="tiny", index=index, pixels=faces, labels=labels, split_rule="by hand")
config = TrainingConfig(
    architecture="batchnorm", options={"width": 0.25, "dropout": 0.3}, height=24, width=24,
    epochs=2, batch_size=16, learning_rate=0.001, warmup_epochs=0, ema=0.9,
)


class Curve(Observer):  # keeps a copy of the checkpoints after the first epoch
    def __init__(self, folder):
        self.checkpoints, self.steps, self.epochs = folder, [], []

    def notify(self, event):
        if isinstance(event, BatchEnded):
            self.steps.append(event.batch_loss)
        elif isinstance(event, EpochEnded):
            self.epochs.append(event.val_loss)
            if event.epoch == 1:
                shutil.copytree(self.checkpoints, self.checkpoints.with_suffix(".1"))


def train(devices, folder):
    curve = Curve(place / folder)
    with shared_by(devices):
        fit(config, dataset, observer=curve, checkpoints=curve.checkpoints)
    return curve


with tempfile.TemporaryDirectory() as made:
    place = Path(made)
    curves = [train(1, "one"), train(4, "four"), Curve(place / "two")]
    model = api.train(
        dataset, config=config, out=place / "model", observer=curves[2], devices=2
    )
    resumed = [train(4, "one.1"), train(1, "four.1")]
    shape = model.classify(faces[:5]).shape
print(json.dumps({
    "steps": [curve.steps for curve in curves],
    "epochs": [curve.epochs for curve in curves],
    "resumed": [curve.epochs for curve in resumed],
    "figures": list(model.card.metrics),
    "shape": shape,
}))
"""


RUNS = """
import json, sys
from fer import runs
from fer.runs import queue, worker
from fer.training.config import TrainingConfig
from fer.training.events import EpochEnded, Observer

class Stop(Observer):
    stopped = False
    def notify(self, event):
        self.stopped |= isinstance(event, EpochEnded)
    def should_stop(self):
        return self.stopped

queue.start_worker = lambda: None
config = TrainingConfig(
    dataset=sys.argv[1], architecture="two-conv", height=16, width=16, epochs=2, batch_size=8,
    learning_rate=0.001,
)
run = runs.create(config, state="preparing", devices=2)
worker.run_training(run, Stop())
first = run.stored_status()
queue.submit(run, devices=1)
worker.run_training(run)
second = run.stored_status()
print(json.dumps([[status["devices"], status["state"], status["finished_epochs"]]
                  for status in (first, second)]))
"""


def in_process(script: str, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script, *words],
        env={**os.environ, "KERAS_BACKEND": "jax", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_two_and_four_devices_train_and_resume_as_one_does() -> None:
    done = in_process(SCRIPT, XLA_FLAGS=DEVICES.format(4))
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout.splitlines()[-1])
    steps, *others = printed["steps"]
    assert len(steps) == 12
    assert others == [pytest.approx(steps, rel=1e-5)] * 2
    epochs, *others = printed["epochs"]
    assert others == [pytest.approx(epochs, rel=1e-5)] * 2
    assert printed["resumed"] == [pytest.approx(epochs[1:], rel=1e-5)] * 2
    assert printed["figures"] == ["validation", "test"]
    assert printed["shape"] == [5, 2]


@pytest.mark.slow
def test_a_run_resumes_on_another_number_of_devices(face_folder: Path, tmp_path: Path) -> None:
    done = in_process(
        RUNS, str(face_folder), FER_HOME=str(tmp_path / "home"), FER_RUNS=str(tmp_path / "runs"),
        XLA_FLAGS=DEVICES.format(2),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [[2, "stopped", 1], [1, "finished", 2]]


def test_more_devices_than_jax_finds_are_refused_with_what_there_is() -> None:
    script = "from fer.training.devices import check_devices\ncheck_devices(3)"
    done = in_process(script, XLA_FLAGS=DEVICES.format(2))
    assert "devices is 3, and JAX finds 2: cpu:0, cpu:1." in done.stderr


def test_several_devices_without_jax_are_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"it runs on tensorflow\. Set KERAS_BACKEND=jax"):
        check_devices(2)


def test_one_device_needs_nothing() -> None:
    import keras

    with shared_by(1):
        assert keras.distribution.distribution() is None


def test_no_device_at_all_is_refused() -> None:
    with pytest.raises(ConfigError, match="devices is 0; it must be 1 or more"):
        check_devices(0)
