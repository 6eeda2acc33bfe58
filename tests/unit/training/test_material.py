from dataclasses import replace

import numpy as np
import pytest

from fer.data import Dataset
from fer.errors import ConfigError
from fer.training.config import TrainingConfig
from fer.training.material import prepare

VOTES = (
    "neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt", "unknown",
    "not_face",
)  # fmt: skip


def with_columns(dataset: Dataset, **columns: object) -> Dataset:
    return replace(dataset, index=dataset.index.assign(**columns))


def test_excluded_faces_are_left_out_unless_they_are_asked_for(tiny_dataset: Dataset) -> None:
    excluded = np.zeros(len(tiny_dataset), bool)
    excluded[:10] = True
    marked = with_columns(tiny_dataset, excluded=excluded)
    everything = prepare(TrainingConfig(), tiny_dataset)
    rest = prepare(TrainingConfig(), marked)
    assert set(rest.train) == set(everything.train) - set(range(10))
    assert set(prepare(TrainingConfig(use_excluded=True), marked).train) == set(everything.train)


def test_soft_targets_are_the_shares_of_the_votes(tiny_dataset: Dataset) -> None:
    votes = {f"votes_{name}": np.full(len(tiny_dataset), 0.0, np.float32) for name in VOTES}
    votes["votes_happy"][:] = 3
    votes["votes_surprise"][:] = 1
    votes["votes_sad"][:] = 6
    soft = prepare(TrainingConfig(label_mode="soft"), with_columns(tiny_dataset, **votes))
    np.testing.assert_allclose(soft.targets, [[0.75, 0.25]] * len(soft.targets))


def test_soft_labels_without_votes_are_refused(tiny_dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match="'tiny' has no votes"):
        prepare(TrainingConfig(label_mode="soft"), tiny_dataset)


def test_only_the_named_classes_are_learnt(tiny_dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match="labels names bored; 'tiny' has happy, surprise"):
        prepare(TrainingConfig(labels=("happy", "bored")), tiny_dataset)
    index = tiny_dataset.index.copy()
    index.loc[::4, "label"] = "sad"
    three = replace(tiny_dataset, index=index, labels=("happy", "sad", "surprise"))
    material = prepare(TrainingConfig(labels=("surprise", "happy")), three)
    assert material.labels == ("happy", "surprise")
    assert not (index["label"].iloc[material.train] == "sad").any()


@pytest.mark.parametrize(("how", "ratio"), [("none", 1), ("root", 3**0.5), ("balanced", 3)])
def test_class_weights_lift_the_rare_class_and_average_one(
    tiny_dataset: Dataset, how: str, ratio: float
) -> None:
    train = np.flatnonzero(tiny_dataset.index["split"] == "train")
    happy = tiny_dataset.index["label"].iloc[train].to_numpy() == "happy"
    few = np.concatenate([train[happy][:18], train[~happy][:6]])
    rest = np.flatnonzero(tiny_dataset.index["split"] != "train")
    part = tiny_dataset.take(np.concatenate([few, rest]))
    material = prepare(TrainingConfig(class_weights=how), part)
    assert material.class_weights[1] / material.class_weights[0] == pytest.approx(ratio)
    assert (material.targets @ material.class_weights).mean() == pytest.approx(1)
