"""Which options let a model learn most from corrections and forget least, on validation faces.

    PYTHONPATH=. python bench/measure_fine_tuning.py FER2013 MODEL [CHANGES.json]

Half of FER-2013's validation part, shown in low light, tilted and in another framing, plays the
corrections; each has the answer of one of its annotators, or, in one case of twenty, any. The other
half measures: as it is (does the model forget?) and shown that way (does it learn?). No test face
takes part. CHANGES.json is a list of changes of the recipe in `fer.feedback.learning`, such as
`[{}, {"extra_balance": 0}]`; each costs a minute or two of two cores.

Chosen by it, for ferplus (650 corrections, accuracy and mean recall as it is, mean recall shown
that way; 81.6%, 84.7% and 36.7% before): frozen_layers 16 and learning_rate 0.02 gave 84.1%, 85.5%
and 43.1%, learning_rate 0.05 82.0%, 85.4% and 43.6%, no frozen layer and learning_rate 0.03 80.4%,
82.6% and 41.5%; with extra_balance 0.7 it became 80.7%, 85.1% and 45.5%. With so few faces, two
points are chance.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from simulated_people import shifted

from fer import models
from fer.data import Dataset, load_dataset
from fer.data.joining import with_extra
from fer.data.votes import shares
from fer.evaluation.intervals import bootstrap, wilson
from fer.feedback.learning import FROZEN_LAYERS, RECIPE
from fer.models.model import Model
from fer.training.config import TrainingConfig
from fer.training.fit import fit

WRONG = 0.05


def main() -> None:
    """Train with each change of the recipe, and print what it is worth."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", help="FER-2013 with its votes: a folder or a name")
    parser.add_argument("model")
    parser.add_argument("changes", type=Path, nargs="?", help="a JSON list of options")
    parser.add_argument("--replay", type=float, default=0.05)
    asked = parser.parse_args()
    old = models.load(asked.model)
    labels = old.card.labels
    whole = load_dataset(asked.data, validation_fraction=0.05, seed=0, truth="votes")
    rng = np.random.default_rng(1)
    validation = rng.permutation(np.flatnonzero(whole.index["split"] == "validation"))
    votes = shares(whole.votes, labels)
    taught, measured = np.array_split(validation, 2)
    taught = taught[votes[taught].sum(axis=1) > 0]
    given = [
        labels[rng.choice(len(labels), p=votes[row] / votes[row].sum())]
        if rng.random() > WRONG
        else labels[rng.integers(len(labels))]
        for row in taught
    ]
    faces = np.stack([shifted(whole.pixels[row][..., 0], rng) for row in taught])
    corrections = Dataset.from_arrays(
        faces, given, splits=["train"] * len(taught), name="feedback", validation_fraction=0
    )
    own = whole.take(np.setdiff1d(np.flatnonzero(whole.index["split"] != "public_test"), taught))
    measured = measured[whole.targets_among(labels)[measured] >= 0]
    targets = whole.targets_among(labels)[measured]
    plain = whole.pixels[measured]
    dark = np.stack([shifted(face[..., 0], rng) for face in plain])[..., None]

    def show(title: str, model: Model) -> None:
        print(title)
        for name, shown in (("as it is", plain), ("shown that way", dark)):
            answers = model.classify(shown)
            right = int((answers.argmax(axis=1) == targets).sum())
            low, high = wilson(right, len(targets))
            least, most = bootstrap(targets, answers)["balanced_accuracy"]
            hits = [
                (answers.argmax(axis=1) == targets)[targets == label].mean()
                for label in np.unique(targets)
            ]
            print(
                f"  {name}, n {len(targets)}: accuracy {right / len(targets):.1%} ({low:.1%} to "
                f"{high:.1%}), mean recall {np.mean(hits):.1%} ({least:.1%} to {most:.1%})",
                flush=True,
            )

    show(f"{old.card.name}, {len(taught)} corrections", old)
    changes = json.loads(asked.changes.read_text()) if asked.changes else [{}]
    for change in changes:
        config = TrainingConfig().changed(
            {
                **RECIPE,
                "augmentation": old.card.config.get("augmentation", {}),
                "truth": "votes", "label_mode": "blend", "labels": labels,
                "frozen_layers": FROZEN_LAYERS.get(old.card.config.get("architecture", ""), 0),
                "start_from": asked.model, "teachers": [asked.model],
                "extra": "feedback", "replay": asked.replay, **change,
            }
        ).resolved()  # fmt: skip
        joined = with_extra(
            own, corrections, times=config.extra_times, balance=config.extra_balance,
            replay=config.replay, seed=config.seed,
        )  # fmt: skip
        show(json.dumps(change), Model.of(fit(config, joined).model, old.card))


if __name__ == "__main__":
    main()
