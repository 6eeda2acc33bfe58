"""Training batches: shuffled and augmented anew each epoch, and reproducible by the seed."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeAlias

import keras
import numpy as np

from fer.nets.augmentation import Augmentation

PREFETCHED = 4
"""Batches that are made in advance while the network trains."""

Batch: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Faces, targets and weights."""


class AugmentedBatches(keras.utils.PyDataset):
    """Batches of augmented uint8 faces, their targets, and their weights.

    Everything random depends on (seed, epoch, batch) alone, so that a batch is the same whatever
    was drawn before it.

    Args:
        faces: Shape (n, height, width, channels), uint8; may be mapped from a file.
        rows: The faces to learn from, shape (m,).
        targets: Their targets, shape (m, classes), float32, rows sum to 1.
        class_weights: Weight of each class, shape (classes,).
        batch_size: Faces per batch; the last one may be smaller.
        augmentation: How to vary the faces.
        seed: Seed of order and augmentation.
        epoch: The epoch to begin with, from 0.
    """

    def __init__(
        self,
        faces: np.ndarray,
        rows: np.ndarray,
        targets: np.ndarray,
        *,
        class_weights: np.ndarray,
        batch_size: int,
        augmentation: Augmentation,
        seed: int,
        epoch: int = 0,
    ) -> None:
        super().__init__()
        self._faces = faces
        self._rows = rows
        self._targets = targets
        self._class_weights = class_weights.astype(np.float32)
        self._batch_size = batch_size
        self._augmentation = augmentation
        self._seed = seed
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._pending: dict[tuple[int, int], Future[Batch]] = {}
        self._lock = Lock()
        self.start_epoch(epoch)

    def start_epoch(self, epoch: int) -> None:
        """Serve the batches of this epoch from now on.

        Call it from a callback: Keras calls the hooks of a PyDataset at other times, and more
        often.
        """
        rng = np.random.default_rng((self._seed, epoch))
        with self._lock:
            self._epoch = epoch
            self._order = rng.permutation(len(self._rows))
            self._pending.clear()

    def __len__(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    def __getitem__(self, number: int) -> Batch:
        with self._lock:
            for upcoming in range(number, min(number + PREFETCHED, len(self) - 1) + 1):
                key = (self._epoch, upcoming)
                if key not in self._pending:
                    self._pending[key] = self._pool.submit(self._make, *key, self._order)
            future = self._pending.pop((self._epoch, number))
        return future.result()

    def _make(self, epoch: int, number: int, order: np.ndarray) -> Batch:
        places = order[number * self._batch_size : (number + 1) * self._batch_size]
        rng = np.random.default_rng((self._seed, epoch, number))
        faces = self._augmentation.apply(self._faces[self._rows[places]], rng)
        faces, targets = self._augmentation.mix(faces, self._targets[places], rng)
        return faces, targets, targets @ self._class_weights
