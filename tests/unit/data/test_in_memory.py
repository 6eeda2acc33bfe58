"""Data sets of arrays, as a notebook has them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import fer
from fer.data import Dataset, load_dataset
from fer.data.classes import UnknownClassesError
from fer.errors import ConfigError, DatasetError

FACES = np.random.default_rng(0).integers(0, 256, (40, 48, 48), dtype=np.uint8)
LABELS = ["happy", "sad"] * 20


def test_arrays_become_the_data_set_that_the_same_images_in_folders_are(tmp_path: Path) -> None:
    for at, (face, label) in enumerate(zip(FACES, LABELS, strict=True)):
        (tmp_path / "set" / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(face).save(tmp_path / "set" / label / f"{at:02}.png")
    arrays = fer.Dataset.from_arrays(FACES, LABELS, name="mine", validation_fraction=0)
    folders = load_dataset(tmp_path / "set", validation_fraction=0)
    in_order = arrays.index.set_index("hash").loc[folders.index["hash"]]
    for column in ("label", "width", "height", "mean", "std"):
        assert in_order[column].tolist() == folders.index[column].tolist()
    assert arrays.index.dtypes.to_dict() == folders.index[arrays.index.columns].dtypes.to_dict()
    assert arrays.splits == folders.splits
    assert arrays.name == "mine"
    np.testing.assert_array_equal(arrays.pixels[..., 0], FACES)


@pytest.mark.parametrize("scale", [1, 255], ids=["0-255", "0-1"])
def test_floats_and_colours_are_scaled_to_what_a_network_takes(scale: int) -> None:
    colour = np.repeat(FACES[..., None], 3, axis=3) / scale
    dataset = Dataset.from_arrays(colour, LABELS, height=24, width=24, channels=3)
    assert dataset.pixels.shape == (40, 24, 24, 3)
    assert dataset.pixels.dtype == np.uint8
    assert abs(float(dataset.pixels.mean()) - float(FACES.mean())) < 2


def test_numbers_and_one_hot_rows_need_the_names_of_the_classes() -> None:
    numbers = np.arange(40) % 2
    for labels in (numbers, numbers.tolist(), np.eye(2)[numbers], numbers.astype(float)):
        dataset = Dataset.from_arrays(FACES, labels, classes=["sad", "surprise"])
        assert dataset.index["label"].tolist() == ["sad", "surprise"] * 20
    with pytest.raises(UnknownClassesError):
        Dataset.from_arrays(FACES, numbers)
    mapped = Dataset.from_arrays(FACES, numbers, classes={0: "fear", 1: None})
    assert mapped.labels == ("fear",)
    assert mapped.skipped[0] == ("arrays:1", "of a class that is left out")


def test_splits_and_persons_are_kept() -> None:
    splits = np.resize(["train", "train", "val", "test"], 40)
    people = [f"p{at % 4}" for at in range(40)]
    dataset = Dataset.from_arrays(FACES, LABELS, splits=splits, subjects=people)
    assert dataset.splits == {"train": 20, "validation": 10, "test": 10}
    assert set(dataset.index["subject"]) == {"p0", "p1", "p2", "p3"}


@pytest.mark.parametrize(
    ("images", "labels", "reason"),
    [
        (FACES, LABELS[:-1], "39 labels for 40 images"),
        (FACES[0], LABELS, r"shape \(48, 48\)"),
        (FACES[:, :5], LABELS, r"shape \(40, 5, 48\)"),
        (FACES.astype(object), LABELS, "object"),
        (FACES / 127.5 - 1, LABELS, "from -1 to 1"),
        (FACES / 100, LABELS, r"from 0 to 2\.55"),
        (FACES, np.ones((40, 2)), "do not add up to 1"),
        (FACES, ["happy", "hungry"] * 20, "'hungry' .20 faces"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_found(
    images: np.ndarray, labels: object, reason: str
) -> None:
    with pytest.raises(DatasetError, match=reason):
        Dataset.from_arrays(images, labels)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="channels"):
        Dataset.from_arrays(FACES, LABELS, channels=2)


def test_floats_that_resizing_carried_a_little_beyond_1_are_not_black() -> None:
    shares = FACES / 255
    shares[0, 0, 0], shares[0, 0, 1] = 1.004, -0.004
    pixels = Dataset.from_arrays(shares, LABELS, validation_fraction=0).pixels[..., 0]
    expected = FACES.copy()
    expected[0, 0, :2] = 255, 0
    np.testing.assert_array_equal(pixels, expected)


def test_images_without_a_label_are_skipped_and_no_images_are_an_error() -> None:
    faces = np.random.default_rng(0).integers(0, 256, (4, 48, 48), dtype=np.uint8)
    dataset = Dataset.from_arrays(faces, ["sad", None, float("nan"), "happy"])
    assert dataset.skipped == (("arrays:1", "no label"), ("arrays:2", "no label"))
    column = pd.Series(list(faces))
    assert len(Dataset.from_arrays(column, ["sad", "happy"] * 2)) == 4  # type: ignore[arg-type]
    with pytest.raises(DatasetError, match="There are no images"):
        Dataset.from_arrays(faces[:0], [])


def test_progress_counts_the_images() -> None:
    seen: list[tuple[int, int]] = []
    Dataset.from_arrays(FACES, LABELS, progress=lambda done, planned: seen.append((done, planned)))
    assert seen == [(40, 40)]


def test_images_of_different_sizes_are_refused_in_a_sentence() -> None:
    images = [np.zeros((48, 48), np.uint8), np.zeros((50, 50), np.uint8)]
    with pytest.raises(DatasetError, match="differ in size"):
        Dataset.from_arrays(images, ["happy", "sad"])
