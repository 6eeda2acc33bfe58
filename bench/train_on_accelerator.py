"""Train `models/ferplus` and `models/fer2013` again, as docs/experiments.md describes.

    pip install "jax[cuda13]" optax
    KERAS_BACKEND=jax PYTHONPATH=. python bench/train_on_accelerator.py FER2013 --out NEW

Four large networks learn FER+'s votes and FER-2013's labels, with a head for each. A small one,
which starts from the `ferplus` of commit 4660ead, learns from their mean answer to varied faces
(Beyer et al. 2022, "Knowledge distillation: a good teacher is patient and consistent"). Then
`bench/student_to_models.py` makes two models of its two heads. Some ten minutes on an H100, without
an accelerator weeks. What is made is kept in NEW, and the same command goes on after the last
network that is finished there. `--trial` takes a few faces and steps, to see that all works.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
from jax_variations import vary

from fer.data import load_dataset
from fer.faces.alignment import FER2013_FRAMING, photo_to_crop
from fer.faces.detection import load_detector
from fer.files import write_bytes
from fer.nets import architectures

ROOT = Path(__file__).parents[1]
START = "4660ead:models/ferplus/model.keras"
CHUNK = 20
"""Steps that are compiled into one loop."""

Weights = list[jax.Array]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is trained. The defaults made the models that ship."""

    teachers: int = 4
    width: float = 2
    depth: float = 2
    teacher_steps: int = 3800
    student_steps: int = 9040
    batch: int = 512
    faces: int | None = None


TRIAL = Plan(teachers=2, width=0.25, depth=1, teacher_steps=20, student_steps=20, batch=8, faces=64)


def main() -> None:
    """Train what is not there yet, and make the models."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", help="FER-2013 with its votes: a folder or a name")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trial", action="store_true")
    asked = parser.parse_args()
    plan = TRIAL if asked.trial else Plan()
    asked.out.mkdir(parents=True, exist_ok=True)
    files = [asked.out / f"teacher{number}.npz" for number in range(plan.teachers)]
    student = asked.out / "student.npz"
    if not student.exists():
        faces = Faces.of(asked.data, plan.faces)
        for number, file in enumerate(files):
            if not file.exists():
                save(teach(faces, plan, number), file)
        save(study(faces, plan, [saved(file) for file in files]), student)
    if not asked.trial:
        command = [sys.executable, "bench/student_to_models.py", asked.data, student]
        subprocess.run(
            [*map(str, command), "--out", str(asked.out)],
            cwd=ROOT,
            check=True,
            env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        )


def save(model: keras.Model, file: Path) -> None:
    """Keep a network's weights, whole or not at all."""
    kept = io.BytesIO()
    np.savez(kept, *model.get_weights())
    write_bytes(file, kept.getvalue())


def saved(file: Path) -> list[np.ndarray]:
    """A network's weights."""
    with np.load(file) as arrays:
        return [arrays[name] for name in arrays.files]


@dataclass(frozen=True, kw_only=True)
class Faces:
    """The training faces, on the accelerator.

    Attributes:
        pixels: Shape (n, 48, 48), uint8.
        labels: One-hot, shape (n, 7).
        votes: Shares of the votes; the label where nobody voted for one of the seven.
        majority: One-hot of the largest share.
        frames: To the pixels of a detector's crop, shape (n, 2, 3).
        framed: Which faces have one.
    """

    pixels: jax.Array
    labels: jax.Array
    votes: jax.Array
    majority: jax.Array
    frames: jax.Array
    framed: jax.Array

    @classmethod
    def of(cls, data: str, most: int | None) -> "Faces":
        """Those of the usual split, and how YuNet frames them, which takes five minutes."""
        loaded = load_dataset(
            data, height=48, width=48, channels=1, validation_fraction=0.05, seed=0
        ).select("train")
        chosen = loaded.take(np.arange(len(loaded))[:most])
        labels = one_hot(chosen.targets)
        votes = chosen.target_shares(chosen.labels, mode="soft")
        pixels = chosen.pixels[..., 0]
        frames = frames_of(pixels)
        framed = np.isfinite(frames).all(axis=(1, 2))
        frames[~framed] = np.eye(2, 3)
        print(f"{len(pixels):,} faces, {framed.sum():,} of them framed", flush=True)
        arrays = (pixels, labels, votes, one_hot(votes.argmax(axis=1)), frames, framed)
        return cls(**dict(zip(cls.__dataclass_fields__, map(jnp.asarray, arrays), strict=True)))

    def batch(self, rows: jax.Array, key: jax.Array) -> jax.Array:
        """These faces, varied."""
        return vary(key, self.pixels[rows], self.frames[rows], self.framed[rows])

    def blended(self) -> jax.Array:
        """The mean of votes and majority, shape (n, 7)."""
        return (self.votes + self.majority) / 2


def one_hot(classes: np.ndarray) -> np.ndarray:
    """Shape (n, 7), float32."""
    return np.eye(7, dtype=np.float32)[classes]


def frames_of(pixels: np.ndarray) -> np.ndarray:
    """From each face's pixels to those of the crop that YuNet leads to, NaN where it finds none.

    Args:
        pixels: Shape (n, 48, 48), uint8.

    Returns:
        Shape (n, 2, 3), float32.
    """
    detector, rng = load_detector("auto"), np.random.default_rng(5)
    scale, margin = 4, 64
    to_photo = np.array([[scale, 0, margin], [0, scale, margin], [0, 0, 1.0]])
    frames = np.full((len(pixels), 2, 3), np.nan, np.float32)
    for row, face in enumerate(pixels):
        large = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        grey = np.pad(large, margin, constant_values=int(rng.uniform(0, 255)))
        if found := detector.detect(cv2.merge([grey, grey, grey])):
            to_crop = photo_to_crop(found[0].landmarks, FER2013_FRAMING, height=48, width=48)
            frames[row] = (to_crop @ to_photo)[:2]
    return frames


class Network:
    """A network of two heads, the votes' and the labels', as functions of its weights."""

    def __init__(self, width: float = 1, depth: float = 1, dropout: float = 0.2) -> None:
        """Build it, to calculate in bfloat16."""
        keras.config.set_dtype_policy("mixed_bfloat16")
        options = {"width": width, "depth": depth, "view": 1.0, "dropout": dropout}
        self.model = architectures.build("resnet", (48, 48, 1), classes=14, options=options)
        keras.config.set_dtype_policy("float32")
        self.model.get_layer(architectures.HEAD).activation = keras.activations.linear

    @property
    def weights(self) -> tuple[Weights, Weights]:
        """Those that are trained, and the others."""
        model = self.model
        return (
            [variable.value for variable in model.trainable_variables],
            [variable.value for variable in model.non_trainable_variables],
        )

    def answer(
        self, trained: Weights, others: Weights, faces: jax.Array, *, training: bool = False
    ) -> tuple[jax.Array, jax.Array, Weights]:
        """The logits of both heads, shape (n, 7) each, and the other weights afterwards."""
        logits, others = self.model.stateless_call(
            trained, others, faces[..., None], training=training
        )
        votes, labels = jnp.split(logits.astype(jnp.float32), 2, axis=-1)
        return votes, labels, others

    def kept(self, mean: Weights) -> keras.Model:
        """The model with these weights, those that are trained first."""
        variables = [*self.model.trainable_variables, *self.model.non_trainable_variables]
        for variable, value in zip(variables, mean, strict=True):
            variable.assign(value)
        return self.model


def teach(faces: Faces, plan: Plan, number: int) -> keras.Model:
    """Train a teacher."""
    keras.utils.set_random_seed(100 + number)
    network = Network(plan.width, plan.depth, dropout=0.3)

    def loss(
        trained: Weights, others: Weights, x: jax.Array, targets: Sequence[jax.Array]
    ) -> tuple[jax.Array, Weights]:
        votes, labels, others = network.answer(trained, others, x, training=True)
        return cross_entropy(targets[0], votes) + cross_entropy(targets[1], labels), others

    def batch(rows: jax.Array, key: jax.Array) -> tuple[jax.Array, list[jax.Array]]:
        vary_key, mix_key = jax.random.split(key)
        targets = [faces.votes[rows], faces.labels[rows]]
        return mixed(mix_key, faces.batch(rows, vary_key), targets, chance=0.4, least=0)

    optimizer = optax.chain(
        optax.add_decayed_weights(5e-4, mask=kernels),
        optax.sgd(warm_cosine(0.25, plan.teacher_steps), momentum=0.9, nesterov=True),
    )
    print(f"teacher {number + 1} of {plan.teachers}", flush=True)
    return train(
        network, loss, batch, optimizer, rows=shuffled(len(faces.pixels), plan, number),
        steps=plan.teacher_steps, decay=0.995, seed=number,
    )  # fmt: skip


def study(faces: Faces, plan: Plan, teachers: list[list[np.ndarray]]) -> keras.Model:
    """Train the student on what the teachers answer for its faces as it sees them."""
    teacher = Network(plan.width, plan.depth, dropout=0.3)
    stacks = []
    for weights in teachers:
        teacher.model.set_weights(weights)
        stacks.append(teacher.weights)
    stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *stacks)
    student = Network()
    student.model.set_weights(start())
    blended = faces.blended()
    rare = 0.7 * jnp.log(blended.mean(axis=0))

    def taught(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        def one(_: None, weights: tuple[Weights, Weights]) -> tuple[None, Any]:
            votes, labels, _ = teacher.answer(*weights, x)
            return None, (jax.nn.softmax(votes / 0.95), jax.nn.softmax(labels))

        votes, labels = jax.lax.scan(one, None, stacked)[1]
        return votes.mean(axis=0), labels.mean(axis=0)

    def loss(
        trained: Weights, others: Weights, x: jax.Array, targets: Sequence[jax.Array]
    ) -> tuple[jax.Array, Weights]:
        votes, labels, others = student.answer(trained, others, x, training=True)
        return cross_entropy(targets[0], votes + rare) + cross_entropy(targets[1], labels), others

    def batch(rows: jax.Array, key: jax.Array) -> tuple[jax.Array, list[jax.Array]]:
        vary_key, mix_key = jax.random.split(key)
        own = [blended[rows], faces.labels[rows]]
        x, (own_votes, own_labels) = mixed(
            mix_key, faces.batch(rows, vary_key), own, chance=0.5, least=0.5
        )
        votes, labels = taught(x)
        both = 0.65 * votes + 0.35 * labels
        return x, [0.85 * both + 0.15 * own_votes, 0.8 * labels + 0.2 * own_labels]

    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.scale_by_adam(b2=0.995),
        optax.add_decayed_weights(0.03, mask=kernels),
        optax.scale_by_learning_rate(warm_cosine(1e-3, plan.student_steps)),
    )
    print("student", flush=True)
    return train(
        student, loss, batch, optimizer, rows=shuffled(len(faces.pixels), plan, 77),
        steps=plan.student_steps, decay=0.998, seed=77,
    )  # fmt: skip


def start() -> list[np.ndarray]:
    """The weights that the student starts with; its heads start alike."""
    content = subprocess.run(
        ["git", "show", START], cwd=ROOT, check=True, stdout=subprocess.PIPE
    ).stdout
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "start.keras")
        file.write_bytes(content)
        *body, kernel, bias = keras.models.load_model(file, compile=False).get_weights()
    return [*body, np.tile(kernel, 2), np.tile(bias, 2)]


def train(
    network: Network,
    loss: Callable[..., tuple[jax.Array, Weights]],
    batch: Callable[..., tuple[jax.Array, list[jax.Array]]],
    optimizer: optax.GradientTransformation,
    *,
    rows: Iterator[np.ndarray],
    steps: int,
    decay: float,
    seed: int,
) -> keras.Model:
    """Train a network, and leave it with the moving average of its weights.

    Args:
        network: What is trained.
        loss: Of weights, faces and targets; also gives the weights that are not trained.
        batch: Faces and targets, of rows and a key.
        optimizer: Optax's.
        rows: Those of each chunk of steps, shape (CHUNK, batch).
        steps: How many.
        decay: Of the moving average.
        seed: Of the variations.
    """

    def step(state: Any, inputs: tuple[jax.Array, jax.Array]) -> tuple[Any, jax.Array]:
        trained, others, memory, mean = state
        x, targets = batch(*inputs)
        gradient = jax.value_and_grad(loss, has_aux=True)
        (value, others), slopes = gradient(trained, others, x, targets)
        updates, memory = optimizer.update(slopes, memory, trained)
        trained = optax.apply_updates(trained, updates)
        mean = [
            old * decay + new * (1 - decay) if jnp.issubdtype(old.dtype, jnp.floating) else new
            for old, new in zip(mean, [*trained, *others], strict=True)
        ]
        return (trained, others, memory, mean), value

    several = jax.jit(lambda state, inputs: jax.lax.scan(step, state, inputs))
    trained, others = network.weights
    state = (trained, others, optimizer.init(trained), [*trained, *others])
    begun = time.monotonic()
    for done in range(0, steps, CHUNK):
        keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), done), CHUNK)
        state, values = several(state, (jnp.asarray(next(rows)), keys))
        if (done // CHUNK) % 10 == 0 or done + CHUNK >= steps:
            seconds = time.monotonic() - begun
            print(
                f"  step {done + CHUNK:,} of {steps:,}, {seconds:.0f} s: "
                f"loss {float(values.mean()):.3f}",
                flush=True,
            )
    return network.kept(state[3])


def shuffled(faces: int, plan: Plan, seed: int) -> Iterator[np.ndarray]:
    """Rows of the faces, epoch after epoch, shape (CHUNK, batch) each."""
    rng, size = np.random.default_rng(seed), CHUNK * plan.batch
    waiting = np.empty(0, np.int32)
    while True:
        while len(waiting) < size:
            waiting = np.concatenate([waiting, rng.permutation(faces).astype(np.int32)])
        yield waiting[:size].reshape(CHUNK, plan.batch)
        waiting = waiting[size:]


def mixed(
    key: jax.Array, x: jax.Array, targets: list[jax.Array], *, chance: float, least: float
) -> tuple[jax.Array, list[jax.Array]]:
    """Blend some faces with another that is varied as much, and their targets (mixup)."""
    which, how = jax.random.split(key)
    share = jax.random.uniform(how, (len(x),), minval=least)
    share = jnp.where(jax.random.uniform(which, (len(x),)) < chance, share, 1.0)

    def blend(these: jax.Array) -> jax.Array:
        own = share.reshape(-1, *(1,) * (these.ndim - 1))
        return own * these + (1 - own) * jnp.roll(these, 2, axis=0)

    return jnp.round(blend(x)), [blend(target) for target in targets]


def cross_entropy(targets: jax.Array, logits: jax.Array) -> jax.Array:
    """The batch's mean."""
    return optax.softmax_cross_entropy(logits, targets).mean()


def warm_cosine(peak: float, steps: int) -> optax.Schedule:
    """A learning rate that rises for 300 steps, then falls to zero."""
    warm = min(300, steps // 5)
    return optax.warmup_cosine_decay_schedule(0, peak, warm, steps)


def kernels(weights: Weights) -> list[bool]:
    """Which weights decay."""
    return [array.ndim >= 2 for array in weights]


if __name__ == "__main__":
    main()
