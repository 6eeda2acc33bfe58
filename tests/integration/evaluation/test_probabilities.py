import errno
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fer import settings
from fer.data import Dataset
from fer.errors import DatasetError
from fer.evaluation import probabilities
from fer.evaluation.predictions import predictions
from fer.evaluation.probabilities import forget
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


def test_what_was_classified_before_a_stop_is_kept(
    tiny_model: Model, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probabilities, "_KEPT", 6)
    dataset = replace(tiny_dataset, name="stopped")
    _, classified = model = counting(replace(tiny_model, most=4))

    def stop(done: int, planned: int) -> None:
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predictions(model[0], dataset, "test", progress=stop)
    assert classified == [4, 2, 4]
    table = predictions(model[0], dataset, "test")
    assert sum(classified) == 4 + len(table), "all but the first six"
    unstopped = predictions(tiny_model, replace(tiny_dataset, name="whole"), "test")
    np.testing.assert_array_equal(table.probabilities, unstopped.probabilities)


def test_a_damaged_file_is_replaced(tiny_model: Model, tiny_dataset: Dataset) -> None:
    first = predictions(tiny_model, tiny_dataset, "test")
    [file] = settings.predictions_folder().glob("*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    again = predictions(tiny_model, tiny_dataset, "test")
    pd.testing.assert_frame_equal(first.frame, again.frame)


def test_a_face_that_is_forgotten_while_others_are_classified_stays_forgotten(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    first = predictions(tiny_model, tiny_dataset, "test")
    index = tiny_dataset.index.copy()
    tested = index.index[index["split"] == "test"]
    forgotten = index.loc[tested[3], "hash"]
    index.loc[tested[:2], "hash"] = ["new", "newer"]

    def forward(faces: np.ndarray) -> np.ndarray:
        forget([forgotten])
        return tiny_model.forward(faces)

    model = replace(tiny_model, forward=forward)
    again = predictions(model, replace(tiny_dataset, index=index), "test")
    assert len(again) == len(first)
    [file] = settings.predictions_folder().glob("*.parquet")
    kept = set(pd.read_parquet(file).index)
    assert kept == {*tiny_dataset.index.loc[tested, "hash"], "new", "newer"} - {forgotten}


def test_what_cannot_be_forgotten_is_an_error(
    tiny_model: Model, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions(tiny_model, tiny_dataset, "test")
    [file] = settings.predictions_folder().glob("*.parquet")
    whole = file.read_bytes()
    one = str(pd.read_parquet(file).index[0])

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(pd.DataFrame, "to_parquet", full)
        with pytest.raises(DatasetError, match=r"No space left.*Make room"):
            forget([one])
    assert file.read_bytes() == whole
    file.write_bytes(whole[:100])
    forget([one])
    assert not file.exists()
