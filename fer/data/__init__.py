"""Data sets: readers, index and pixels on disk, votes, annotations, splits, audit, drawn faces."""

from fer.data.dataset import SPLITS, Dataset
from fer.data.loading import add, load_dataset
from fer.data.registry import FEEDBACK, SYNTHETIC, registered, remove
from fer.data.splits import TEST_SPLITS
from fer.data.votes import VOTES

__all__ = [
    "FEEDBACK",
    "SPLITS",
    "SYNTHETIC",
    "TEST_SPLITS",
    "VOTES",
    "Dataset",
    "add",
    "load_dataset",
    "registered",
    "remove",
]
