from dataclasses import replace

import numpy as np
import pandas as pd

from fer import settings
from fer.data import Dataset
from fer.evaluation.predictions import predictions
from fer.models.model import Model


def counting(model: Model) -> tuple[Model, list[int]]:
    """The model, and the number of faces of every call of its network."""
    classified: list[int] = []

    def forward(faces: np.ndarray) -> np.ndarray:
        classified.append(len(faces))
        return model.forward(faces)

    return replace(model, forward=forward), classified


def test_a_face_is_classified_once_and_later_only_new_faces_are(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    model, classified = counting(tiny_model)
    first = predictions(model, tiny_dataset, "test")
    again = predictions(model, tiny_dataset, "test")
    assert sum(classified) == len(first)
    pd.testing.assert_frame_equal(first.frame, again.frame)
    index = tiny_dataset.index.copy()
    changed = index.index[index["split"] == "test"][:2]
    index.loc[changed, "hash"] = ["new", "newer"]
    index.loc[index.index[index["split"] == "test"][5], "label"] = "happy"  # costs nothing
    predictions(model, replace(tiny_dataset, index=index), "test")
    assert sum(classified) == len(first) + 2


def test_a_damaged_file_is_replaced(tiny_model: Model, tiny_dataset: Dataset) -> None:
    first = predictions(tiny_model, tiny_dataset, "test")
    [file] = settings.predictions_folder().glob("*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    again = predictions(tiny_model, tiny_dataset, "test")
    pd.testing.assert_frame_equal(first.frame, again.frame)
