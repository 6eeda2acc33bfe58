"""Training batches: shuffled and augmented anew each epoch, and reproducible by the seed."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeAlias

import keras
import numpy as np

from fer.training.config import TrainingConfig
from fer.training.targets import Taught, TrainingSet

PREFETCHED = 4
"""Batches made in advance while the network trains."""

Batch: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Faces, targets and weights."""


class AugmentedBatches(keras.utils.PyDataset):
    """Batches of augmented uint8 faces, their targets, and their weights.

    Everything random depends on (seed, epoch, batch) alone: a batch is the same whatever was
    drawn before it. With `teacher_variations` n, an epoch repeats the batches of the one n
    before it, so that the teachers answer each of them once.

    Args:
        config: Gives batch size (the last batch may be smaller), augmentation and seed.
        training_set: Gives rows, targets and weights.
        faces: All faces, shape (n, height, width, channels), uint8; may be mapped from a file.
        taught: Mixes the teachers' answers for the varied faces into the targets, if given.
    """

    def __init__(
        self,
        config: TrainingConfig,
        training_set: TrainingSet,
        faces: np.ndarray,
        taught: Taught | None = None,
    ) -> None:
        super().__init__()
        self._config, self._training_set, self._faces = config, training_set, faces
        self._taught = taught
        self._answered: dict[tuple[int, int], np.ndarray] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._pending: dict[tuple[int, int], Future[Batch]] = {}
        self._lock = Lock()
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Serve the batches of this epoch, counted from 0, from now on.

        Call it from a callback: Keras calls the hooks of a PyDataset at other times, and more
        often.
        """
        if self._taught:
            epoch %= self._config.teacher_variations
        rng = np.random.default_rng((self._config.seed, epoch))
        with self._lock:
            self._epoch = epoch
            self._order = rng.permutation(len(self._training_set.train))
            self._pending.clear()

    def __len__(self) -> int:
        return -(-len(self._training_set.train) // self._config.batch_size)

    def __getitem__(self, number: int) -> Batch:
        with self._lock:
            for upcoming in range(number, min(number + PREFETCHED, len(self) - 1) + 1):
                key = (self._epoch, upcoming)
                if key not in self._pending:
                    self._pending[key] = self._pool.submit(self._make, *key, self._order)
            future = self._pending.pop((self._epoch, number))
        return future.result()

    def _make(self, epoch: int, number: int, order: np.ndarray) -> Batch:
        config, training_set = self._config, self._training_set
        places = order[number * config.batch_size : (number + 1) * config.batch_size]
        rng = np.random.default_rng((config.seed, epoch, number))
        faces = config.augmentation.apply(self._faces[training_set.train[places]], rng)
        faces, targets = config.augmentation.mix(faces, training_set.targets[places], rng)
        if self._taught:
            key = epoch, number
            if key not in self._answered:
                share = training_set.teacher_share[places]
                self._answered[key] = self._taught.targets(faces, targets, share=share)
            targets = self._answered[key]
        return faces, targets, targets @ training_set.class_weights
