"""How much the library adds to the bare network, and to the start of TensorFlow.

Every figure is a ratio of medians taken in turn within this one run:

- one face: `Model.classify` over a bare call of the same compiled network (at most 1.5);
- 1,000 faces: its throughput over the bare network's in the same batches (at least 0.8);
- one face with LiteRT: `Model.classify` over a bare interpreter (at most 1.2);
- whole process: `python -m fer predict PHOTO` over `python -c "import tensorflow"`, with YuNet (at
  most 0.4) and with MTCNN (at most 0.6).
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from fer import models
from fer.data.synthetic import draw_face


def medians(*functions: Callable[[], object], rounds: int) -> list[float]:
    """Median seconds of each function, called in turn so that a noisy machine hits all alike."""
    seconds: list[list[float]] = [[] for _ in functions]
    for number in range(rounds + 1):
        for function, spent in zip(functions, seconds, strict=True):
            start = time.perf_counter()
            function()
            if number:  # the first round warms up
                spent.append(time.perf_counter() - start)
    return [statistics.median(spent) for spent in seconds]


def main() -> None:
    """Run and print."""
    model = models.load()
    shape = (model.card.height, model.card.width, model.card.channels)
    faces = np.random.default_rng(0).integers(0, 256, (1000, *shape), dtype=np.uint8)
    bare = tf.function(
        lambda x: model.network(x, training=False),
        input_signature=[tf.TensorSpec((None, *shape), tf.uint8)],
    ).get_concrete_function()

    one = faces[:1]
    ours, theirs = medians(
        lambda: model.classify(one), lambda: bare(tf.constant(one)).numpy(), rounds=500
    )
    print(f"one face: {ours * 1e3:.2f} ms, {ours / theirs:.2f} of the bare network (at most 1.5)")

    chunks = [tf.constant(faces[i : i + models.BATCH]) for i in range(0, 1000, models.BATCH)]
    ours, theirs = medians(
        lambda: model.classify(faces), lambda: [bare(chunk) for chunk in chunks], rounds=10
    )
    print(
        f"1,000 faces: {1000 / ours:,.0f} faces/s, throughput {theirs / ours:.2f} of the bare "
        "network (at least 0.8)"
    )

    quick = models.load(form="litert")
    interpreter = Interpreter(str(models.find() / models.FORMS["litert"]))
    interpreter.allocate_tensors()

    def invoke() -> None:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], one)
        interpreter.invoke()
        interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    ours, theirs = medians(lambda: quick.classify(one), invoke, rounds=500)
    print(
        f"one face with LiteRT: {ours * 1e3:.2f} ms, {ours / theirs:.2f} of it bare (at most 1.2)"
    )

    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "drawn.png"
        cv2.imwrite(str(photo), draw_face("happy", seed=0, size=640))
        command = ("-m", "fer", "predict", str(photo), "--json", "--detector")
        with_yunet, with_mtcnn, theirs = medians(
            lambda: run(*command, "yunet"),
            lambda: run(*command, "mtcnn"),
            lambda: run("-c", "import tensorflow"),
            rounds=5,
        )
    for name, ours, most in (("YuNet", with_yunet, 0.4), ("MTCNN", with_mtcnn, 0.6)):
        print(
            f"whole process with {name}: {ours:.1f} s, {ours / theirs:.2f} of importing "
            f"TensorFlow (at most {most})"
        )


def run(*arguments: str) -> None:
    """Run Python and wait for it."""
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    main()
