"""The data set of a machine that has no other: drawn faces, named `synthetic`."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from fer import emotions
from fer.data import synthetic
from fer.data.readers.listing import Listing

PER_CLASS = {"train": 500, "test": 100}
"""Faces of each emotion by split; the two splits share no person."""


class DrawnReader:
    """Draws the faces; they are the same on every machine.

    Args:
        size: Side of the images in pixels.
    """

    def __init__(self, size: int) -> None:
        self._size = size

    def signature(self) -> str:
        """Changes with the drawing code."""
        digest = hashlib.blake2b(Path(synthetic.__file__).read_bytes(), digest_size=16)
        digest.update(f"{self._size} {PER_CLASS}".encode())
        return digest.hexdigest()

    def listing(self) -> Listing:
        labels, stamp = emotions.FER2013, self.signature()
        rows, seeds = [], []
        for part, (split, per_class) in enumerate(PER_CLASS.items()):
            seeds += synthetic.face_seeds(per_class * len(labels), seed=part)
            for number in range(per_class * len(labels)):
                label = labels[number % len(labels)]
                rows.append((f"{split}/{label}/drawn_{number:05d}.png", label, split, "", stamp))

        def draw(row: int) -> np.ndarray:
            return synthetic.draw_face(rows[row][1], seed=seeds[row], size=self._size)

        return Listing(
            source_format=f"{len(rows):,} faces drawn by this program, of nobody",
            table=pd.DataFrame(rows, columns=["path", "label", "split", "subject", "stamp"]),
            skipped=(),
            image=draw,
        )
