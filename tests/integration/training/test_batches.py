from pathlib import Path

import numpy as np
import pytest

from fer.nets.augmentation import Augmentation
from fer.training.batches import AugmentedBatches
from fer.training.config import TrainingConfig
from fer.training.targets import TrainingSet


def training_set(train: np.ndarray, targets: np.ndarray, class_weights: np.ndarray) -> TrainingSet:
    return TrainingSet(
        labels=tuple(map(str, range(len(class_weights)))),
        train=train,
        targets=targets,
        validation=np.empty(0, int),
        validation_targets=np.empty(0, int),
        class_weights=class_weights,
    )


def batches(seed: int = 0) -> AugmentedBatches:
    faces = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 1), dtype=np.uint8)
    faces[:, 0, 0, 0] = np.arange(10)
    augmentation = Augmentation(erase=0, contrast=0, brightness=0)
    config = TrainingConfig(batch_size=4, augmentation=augmentation, seed=seed)
    weights = np.linspace(0.5, 1.4, 10, dtype=np.float32)
    chosen = training_set(np.arange(10), np.eye(10, dtype=np.float32), weights)
    return AugmentedBatches(config, chosen, faces)


def epoch_of(source: AugmentedBatches) -> tuple[np.ndarray, np.ndarray]:
    parts = [source[i] for i in range(len(source))]
    return np.concatenate([x for x, *_ in parts]), np.concatenate([y for _, y, _ in parts])


def test_an_epoch_shows_every_face_once() -> None:
    _, targets = epoch_of(batches())
    assert len(batches()) == 3
    assert sorted(targets.argmax(axis=1)) == list(range(10))


def test_two_epochs_differ_in_order_and_variation() -> None:
    source = batches()
    x1, y1 = epoch_of(source)
    source.start_epoch(1)
    x2, y2 = epoch_of(source)
    assert (y1.argmax(axis=1) != y2.argmax(axis=1)).any()
    assert (x1[y1.argmax(axis=1) == 3] != x2[y2.argmax(axis=1) == 3]).any()


def test_a_batch_is_the_same_whatever_was_drawn_before_it() -> None:
    source = batches()
    late = source[2][0]
    assert (late == batches()[2][0]).all()
    assert (late != batches(seed=1)[2][0]).any()


def test_a_face_has_the_weight_of_its_class() -> None:
    _, targets, weights = batches()[0]
    assert weights == pytest.approx(np.linspace(0.5, 1.4, 10)[targets.argmax(axis=1)])


def test_only_the_chosen_rows_of_a_mapped_file_are_used(tmp_path: Path) -> None:
    pixels = np.lib.format.open_memmap(
        tmp_path / "faces.npy", mode="w+", dtype=np.uint8, shape=(6, 16, 16, 1)
    )
    pixels[:] = np.arange(6, dtype=np.uint8)[:, None, None, None]
    off = Augmentation(
        flip=False, rotation_deg=0, zoom=0, shift=0, brightness=0, contrast=0, erase=0
    )
    chosen = training_set(np.array([1, 4]), np.eye(2, dtype=np.float32), np.ones(2, np.float32))
    source = AugmentedBatches(TrainingConfig(batch_size=2, augmentation=off), chosen, pixels)
    faces, targets, _ = source[0]
    assert sorted(faces[:, 0, 0, 0]) == [1, 4]
    assert (faces[:, 0, 0, 0] == np.array([1, 4])[targets.argmax(axis=1)]).all()


def test_an_epoch_is_the_same_when_training_starts_with_it() -> None:
    source = batches()
    epoch_of(source)
    source.start_epoch(1)
    second, _ = epoch_of(source)
    resumed = batches()
    resumed.start_epoch(1)
    again, _ = epoch_of(resumed)
    assert (second == again).all()
