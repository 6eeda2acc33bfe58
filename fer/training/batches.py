"""Training batches: shuffled and augmented afresh every epoch, the same for the same seed."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeAlias

import keras
import numpy as np

from fer.nets.augmentation import Augmentation

AHEAD = 4
"""Batches that are made while the network is busy with the one before."""

Batch: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Faces, targets and weights."""


class AugmentedBatches(keras.utils.PyDataset):
    """Batches of varied uint8 faces, their targets, and their weights.

    Everything random is drawn from (seed, epoch, batch), so that a batch is the same whatever
    was drawn before it.

    Args:
        faces: Shape (n, height, width, channels), uint8; may be mapped from a file.
        rows: Which of the faces to learn from, shape (m,).
        targets: Of those, shape (m, classes), float32, rows sum to 1.
        class_weights: How much each class counts, shape (classes,).
        batch_size: Faces a batch; the last one may be smaller.
        augmentation: How faces are varied.
        seed: Seed of order and variation.
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
        self._ahead: dict[tuple[int, int], Future[Batch]] = {}
        self._lock = Lock()
        self.start_epoch(epoch)

    def start_epoch(self, epoch: int) -> None:
        """Give the batches of this epoch from now on.

        To be called from a callback: Keras calls the hooks of a PyDataset at other times, and
        more often.
        """
        rng = np.random.default_rng((self._seed, epoch))
        with self._lock:
            self._epoch = epoch
            self._order = rng.permutation(len(self._rows))
            self._ahead.clear()

    def __len__(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    def __getitem__(self, number: int) -> Batch:
        with self._lock:
            for ahead in range(number, min(number + AHEAD, len(self) - 1) + 1):
                key = (self._epoch, ahead)
                if key not in self._ahead:
                    self._ahead[key] = self._pool.submit(self._make, *key, self._order)
            wanted = self._ahead.pop((self._epoch, number))
        return wanted.result()

    def _make(self, epoch: int, number: int, order: np.ndarray) -> Batch:
        places = order[number * self._batch_size : (number + 1) * self._batch_size]
        rng = np.random.default_rng((self._seed, epoch, number))
        faces = self._augmentation.apply(self._faces[self._rows[places]], rng)
        faces, targets = self._augmentation.mix(faces, self._targets[places], rng)
        return faces, targets, targets @ self._class_weights
