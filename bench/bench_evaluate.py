"""Prediction tables against the bare network; every figure is a ratio within this one run.

- 3,589 faces, as many as PublicTest has: `predictions`, nothing kept, over the bare network in the
  same batches (throughput at least 0.8);
- the same table again, from what was kept, and all its figures, in seconds (under 1 together).

The click on a cell is timed in the browser: `bench/bench_evaluate_page.py`.
"""

import os
import tempfile
import time

import numpy as np
import pandas as pd
import tensorflow as tf

from fer import models
from fer.data import Dataset
from fer.evaluation.figures import figures
from fer.evaluation.predictions import predictions

FACES = 3589
ROUNDS = 3


def main() -> None:
    """Run and print."""
    model = models.load()
    card = model.card
    shape = (FACES, card.height, card.width, card.channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    index = pd.DataFrame(
        {
            "path": [f"{i}.png" for i in range(FACES)],
            "label": np.resize(card.labels, FACES),
            "split": "test",
            "hash": [str(i) for i in range(FACES)],
        }
    )
    faces = Dataset(
        name="noise", index=index, pixels=pixels, labels=card.labels, split_rule="", synthetic=True
    )
    bare = tf.function(
        lambda x: model.network(x, training=False),
        input_signature=[tf.TensorSpec((None, *shape[1:]), tf.uint8)],
    ).get_concrete_function()
    chunks = [tf.constant(pixels[i : i + models.BATCH]) for i in range(0, FACES, models.BATCH)]
    bare(chunks[0])
    ours, theirs = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for chunk in chunks:
            bare(chunk)
        theirs.append(time.perf_counter() - start)
        with tempfile.TemporaryDirectory() as home:
            os.environ["FER_HOME"] = home
            start = time.perf_counter()
            predictions(model, faces)
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            figures(predictions(model, faces))
            again = time.perf_counter() - start
    print(
        f"{FACES:,} faces: {FACES / min(ours):,.0f} faces/s, throughput "
        f"{min(theirs) / min(ours):.2f} of the bare network (at least 0.8)"
    )
    print(f"again, with all figures: {again:.2f} s (under 1)")


if __name__ == "__main__":
    main()
