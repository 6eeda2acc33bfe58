import importlib.util
import json
import os
import subprocess
import sys

import pytest

# Everything an engine needs, on a machine that has no TensorFlow.
SCRIPT = """
import json, sys, tempfile
from dataclasses import replace
from pathlib import Path


class NoTensorFlow:
    def find_spec(self, name, *rest):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, NoTensorFlow())
import numpy as np
import pandas as pd
from fer import api, models
from fer.data import Dataset
from fer.data.synthetic import draw_face, face_seeds
from fer.training.config import TrainingConfig
from fer.training.events import Observer
from fer.training.fit import fit

labels = ("happy", "surprise")
targets = np.arange(80) % 2
faces = np.stack([
    draw_face(labels[target], seed=seed, size=24)
    for target, seed in zip(targets, face_seeds(80, seed=0), strict=True)
])[..., None]
index = pd.DataFrame({
    "path": [str(i) for i in range(80)],
    "label": [labels[target] for target in targets],
    "split": np.resize(["train", "train", "train", "validation", "test"], 80),
    "width": 24, "height": 24, "hash": [str(i) for i in range(80)],
})
dataset = Dataset(name="tiny", index=index, pixels=faces, labels=labels, split_rule="by hand")
config = TrainingConfig(
    architecture="batchnorm", options={"width": 0.25}, height=24, width=24, epochs=4,
    batch_size=16, optimizer="adam", learning_rate=0.002, ema=0.9,
)
cutting = Observer()
steps = iter(range(100))
cutting.should_stop = lambda: next(steps) == 7
with tempfile.TemporaryDirectory() as folder:
    whole = fit(config, dataset)
    cut = fit(config, dataset, observer=cutting, checkpoints=Path(folder))
    resumed = fit(config, dataset, checkpoints=Path(folder))
    api.train(dataset, config=replace(config, epochs=1), out=Path(folder) / "model")
    card = models.load(Path(folder) / "model").card
print(json.dumps({
    "cut": len(cut.history),
    "whole": [epoch.val_loss for epoch in whole.history],
    "resumed": [epoch.val_loss for epoch in resumed.history],
    "backend": card.versions["backend"],
}))
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_trains_saves_and_resumes_without_tensorflow() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout.splitlines()[-1])
    assert printed["cut"] == 2
    assert printed["backend"] == "jax"
    assert printed["resumed"] == pytest.approx(printed["whole"], rel=1e-4)
