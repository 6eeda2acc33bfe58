from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer.models.model import Model
from fer.nets.augmentation import Augmentation
from fer.training.batches import AugmentedBatches
from fer.training.config import TrainingConfig
from fer.training.targets import Taught, TrainingSet


def training_set(train: np.ndarray, targets: np.ndarray, class_weights: np.ndarray) -> TrainingSet:
    return TrainingSet(
        labels=tuple(map(str, range(len(class_weights)))),
        train=train,
        targets=targets,
        validation=np.empty(0, int),
        validation_targets=np.empty(0, int),
        class_weights=class_weights,
        teacher_share=np.full(len(train), 0.75, np.float32),
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


def test_teachers_answer_the_faces_that_the_network_learns_and_each_of_them_once(
    tiny_model: Model,
) -> None:
    seen = []

    def forward(faces: np.ndarray) -> np.ndarray:
        seen.append(faces)
        bright = faces.mean(axis=(1, 2, 3), dtype=np.float32)[:, None] / 255
        return np.concatenate([bright, 1 - bright], axis=1)

    side, rng = tiny_model.card.height, np.random.default_rng(0)
    pixels = rng.integers(0, 256, (10, side, side, 1), dtype=np.uint8)
    teacher = replace(tiny_model, forward=forward, card=replace(tiny_model.card, temperature=1.0))
    config = TrainingConfig(batch_size=4, teacher_variations=2)
    chosen = training_set(np.arange(10), np.eye(2, dtype=np.float32)[[0, 1] * 5], np.ones(2))
    taught = Taught([teacher, teacher], labels=("happy", "surprise"))
    source = AugmentedBatches(config, chosen, pixels, taught)
    epochs = []
    for epoch in range(3):
        source.start_epoch(epoch)
        epochs.append(epoch_of(source))
    faces, targets = epochs[0]
    assert (np.concatenate(seen[:3]) == faces).all()
    answers = forward(faces)
    own = (targets - 0.75 * answers) / 0.25
    np.testing.assert_allclose(np.sort(own, axis=1), [[0, 1]] * 10, atol=1e-4)
    assert len(seen) == 2 * len(source) + 1
    assert (epochs[1][0] != faces).any()
    for first, third in zip(epochs[0], epochs[2], strict=True):
        assert (first == third).all()
