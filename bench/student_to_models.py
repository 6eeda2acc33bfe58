"""Make `ferplus` and `fer2013` of a network that learnt votes and labels with a head for each.

    PYTHONPATH=. python bench/student_to_models.py FER2013 student.npz --out NEW

`bench/train_on_accelerator.py` makes student.npz and calls this. The models share all layers but
the last. That of `fer2013` is the labels' head. That of `ferplus` is the votes' head, moved away
from the labels': two linear heads make one. In both, rare classes are raised or lowered (Menon et
al. 2021). The defaults were chosen on the validation part, which also sets the temperatures. The
models are measured on a test split, and get their cards and LiteRT forms.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

from fer import api, models
from fer.data import load_dataset
from fer.nets import architectures
from fer.nets.augmentation import Augmentation
from fer.nets.forward import compile_forward
from fer.training.card import build_card
from fer.training.config import TrainingConfig
from fer.training.fit import Fitted
from fer.training.network import adjust_logits

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
OPTIONS = {"view": 1.0, "dropout": 0.2}
COMMAND = "KERAS_BACKEND=jax PYTHONPATH=. python bench/train_on_accelerator.py FER2013 --out NEW"
VARIATIONS = Augmentation(
    rotation_deg=15, zoom=0.25, shift=0.1, brightness=0.15, contrast=0.4, blur=0.2, coarse=0.25,
    shade=0.3, jpeg=0.25, erase=0.2,
)  # fmt: skip
COMMON = {
    "validation_fraction": 0.05, "labels": LABELS, "options": OPTIONS, "augmentation": VARIATIONS,
    "epochs": 170, "batch_size": 512, "optimizer": "adamw", "learning_rate": 0.001,
    "schedule": "cosine", "weight_decay": 0.03, "label_smoothing": 0.0, "ema": 0.998,
    "select_on": "last",
}  # fmt: skip
"""What comes nearest to the training of the student, for who goes on from these models."""


def main() -> None:
    """Make both models."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", help="FER-2013 with its votes: a folder or a name")
    parser.add_argument("student", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="a folder for the two models")
    parser.add_argument("--away", type=float, default=0.3, help="from the labels")
    parser.add_argument("--raise-votes", type=float, default=-0.4, help="rare classes of ferplus")
    parser.add_argument("--raise-labels", type=float, default=0.3, help="those of fer2013")
    parser.add_argument("--split", default="public_test")
    asked = parser.parse_args()
    with np.load(asked.student) as file:
        *body, kernel, bias = (file[name] for name in file.files)
    votes, labels = np.split(np.vstack([kernel, bias]), 2, axis=1)
    config = TrainingConfig(
        dataset=asked.data, truth="votes", label_mode="blend", loss="balanced-softmax",
        logit_adjustment=0.7, **COMMON,
    )  # fmt: skip
    made = network(body, votes + asked.away * (votes - labels))
    keep(made, asked.raise_votes, network(body, votes), config, asked.out / "ferplus", asked.split)
    config = TrainingConfig(dataset=asked.data, truth="label", **COMMON)
    made = network(body, labels)
    keep(made, asked.raise_labels, made, config, asked.out / "fer2013", asked.split)


def network(body: list[np.ndarray], head: np.ndarray) -> keras.Model:
    """The network with this last layer: its kernel, and below it the bias."""
    model = architectures.build("resnet", (48, 48, 1), classes=len(LABELS), options=OPTIONS)
    model.set_weights([*body, head[:-1], head[-1]])
    return model


def keep(
    made: keras.Model,
    amount: float,
    counting: keras.Model,
    config: TrainingConfig,
    folder: Path,
    split: str,
) -> None:
    """Save a network as a model, with its temperature, its figures and its other forms.

    Args:
        made: The network.
        amount: How far rare classes are raised.
        counting: The network whose mean answer tells how frequent the classes are.
        config: What it was trained with.
        folder: The model's, whose name it gets.
        split: What it is measured on.
    """
    dataset = load_dataset(
        config.dataset, height=48, width=48, channels=1, seed=config.seed, truth=config.truth,
        validation_fraction=config.validation_fraction,
    )  # fmt: skip
    faces = dataset.select("validation").pixels
    adjust_logits(made, compile_forward(counting)(faces).mean(axis=0), amount)
    fitted = Fitted(model=made, labels=LABELS, history=[], stopped=False)
    card = build_card(folder.name, config, dataset, fitted)
    card.training.clear()
    card.training["command"] = COMMAND
    models.save(made, card, folder)
    api.calibrate(folder, dataset)
    api.export(folder, dataset, split)


if __name__ == "__main__":
    main()
