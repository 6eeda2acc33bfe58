from pathlib import Path

import numpy as np
import pytest

from fer.data import load_dataset
from fer.errors import DatasetError

SIDE = 48


def row(label: object, value: int, usage: str) -> str:
    pixels = " ".join(str((value + k) % 256) for k in range(SIDE * SIDE))
    return f"{label},{pixels},{usage}\n"


@pytest.fixture
def fer_csv(tmp_path: Path) -> Path:
    file = tmp_path / "fer2013.csv"
    file.write_text(
        "emotion,pixels,Usage\n"
        + row(0, 1, "Training")
        + row(3, 2, "PublicTest")
        + row(6, 3, "PrivateTest")
    )
    return file


def test_codes_pixels_and_usage_are_read_as_the_competition_defined_them(fer_csv: Path) -> None:
    dataset = load_dataset(fer_csv, validation_fraction=0)
    assert dataset.index["label"].tolist() == ["angry", "happy", "neutral"]
    assert dataset.index["split"].tolist() == ["train", "public_test", "private_test"]
    assert dataset.index["path"].tolist() == [f"fer2013.csv:{line}" for line in (2, 3, 4)]
    expected = (2 + np.arange(SIDE * SIDE)) % 256
    np.testing.assert_array_equal(dataset.pixels[1].ravel(), expected)


def test_the_header_of_icml_face_data_has_spaces_and_another_order(tmp_path: Path) -> None:
    pixels = " ".join(["7"] * SIDE * SIDE)
    file = tmp_path / "icml_face_data.csv"
    file.write_text(f"emotion, Usage, pixels\n4,Training,{pixels}\n5,PublicTest,{pixels}\n")
    dataset = load_dataset(tmp_path, validation_fraction=0)
    assert dataset.index["label"].tolist() == ["sad", "surprise"]
    assert dataset.splits == {"train": 1, "public_test": 1}
    assert (dataset.pixels == 7).all()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("0,1 2 3,Training\n", "3 pixels"),
        (row(0, 1, "Training").replace(" 9 ", " 900 "), "pixel value 900"),
        (row(0, 1, "Training").replace(" 9 ", " x "), "'x' among the pixels"),
        (row(0, 1, "Training").replace(" 9 ", " -9 "), "'-' among the pixels"),
        (row(7, 1, "Training"), "unknown emotion '7'"),
        (row(0, 1, "Elsewhere"), "unknown split 'Elsewhere'"),
        ("0,1 2 3\n", "2 fields"),
    ],
)
def test_a_bad_row_is_skipped_and_listed_by_its_line(fer_csv: Path, bad: str, reason: str) -> None:
    lines = fer_csv.read_text().splitlines(keepends=True)
    fer_csv.write_text("".join([*lines[:2], bad, *lines[2:]]))
    dataset = load_dataset(fer_csv, validation_fraction=0)
    assert dataset.index["label"].tolist() == ["angry", "happy", "neutral"]
    [(line, found)] = dataset.skipped
    assert line == "fer2013.csv:3"
    assert reason in found


def test_ferplus_votes_are_joined_row_by_row(fer_csv: Path) -> None:
    (fer_csv.parent / "fer2013new.csv").write_text(
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,"
        "unknown,NF\n"
        "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0\n"
        "PublicTest,fer0032220.png,0,10,0,0,0,0,0,0,0,0\n"
        "PrivateTest,,0,0,0,0,0,0,0,0,0,10\n"
    )
    dataset = load_dataset(fer_csv.parent, validation_fraction=0)
    assert dataset.votes is not None
    assert dataset.votes[0].tolist() == [4, 0, 0, 1, 3, 2, 0, 0, 0, 0]
    assert dataset.votes[2, 9] == 10
    assert "FER+ votes for 3" in dataset.source_format


def test_votes_with_too_few_rows_are_refused_rather_than_shifted(fer_csv: Path) -> None:
    (fer_csv.parent / "fer2013new.csv").write_text(
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,"
        "unknown,NF\nTraining,fer0000000.png,4,0,0,1,3,2,0,0,0,0\n"
    )
    dataset = load_dataset(fer_csv, validation_fraction=0)
    assert dataset.votes is None
    assert "1 rows of votes for 3 faces" in dict(dataset.skipped)["fer2013new.csv"]


def test_kaggles_train_csv_without_usage_is_split(tmp_path: Path) -> None:
    rows = [row(k % 2, k, "")[: -len(",\n")] + "\n" for k in range(20)]
    (tmp_path / "train.csv").write_text("emotion,pixels\n" + "".join(rows))
    assert load_dataset(tmp_path / "train.csv").splits["test"] == 4


def test_the_error_for_another_csv_names_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("day,price\n1,2\n")
    with pytest.raises(DatasetError, match=r"emotion,pixels,Usage.*path,label"):
        load_dataset(tmp_path / "prices.csv")
