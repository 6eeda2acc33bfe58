"""The data set of a machine that has no other: drawn faces, named `synthetic`."""

import hashlib
from functools import partial
from pathlib import Path

import pandas as pd

from fer import emotions
from fer.data import synthetic
from fer.data.readers.listing import Listing, Reader

PER_CLASS = {"train": 500, "test": 100}
"""Faces of each emotion by split; the two splits share no person."""


def drawn_reader(size: int) -> Reader:
    """Draws the faces, which are the same on every machine; `size` is their side in pixels."""
    digest = hashlib.blake2b(Path(synthetic.__file__).read_bytes(), digest_size=16)
    digest.update(f"{size} {PER_CLASS}".encode())
    signature = digest.hexdigest()
    return Reader(signature, partial(_listing, size, signature))


def _listing(size: int, stamp: str) -> Listing:
    labels = emotions.FER2013
    rows, seeds = [], []
    for part, (split, per_class) in enumerate(PER_CLASS.items()):
        seeds += synthetic.face_seeds(per_class * len(labels), seed=part)
        for number in range(per_class * len(labels)):
            label = labels[number % len(labels)]
            rows.append((f"{split}/{label}/drawn_{number:05d}.png", label, split, "", stamp))
    return Listing(
        source_format=f"{len(rows):,} faces drawn by this program, of nobody",
        table=pd.DataFrame(rows, columns=["path", "label", "split", "subject", "stamp"]),
        skipped=(),
        image=lambda row: synthetic.draw_face(rows[row][1], seed=seeds[row], size=size),
    )
