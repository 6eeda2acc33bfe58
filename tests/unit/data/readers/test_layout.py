"""What the folders of a data set hold."""

import pytest

from fer.data.classes import USUAL, Classes
from fer.data.readers.layout import NO_CLASS, Place, places

KEEP = Classes(keep_unknown=True)


@pytest.mark.parametrize(
    ("folders", "splits"),
    [
        ("train_set/happy test_set/happy", "train test"),
        ("train/happy dev/happy eval/happy", "train validation test"),
        ("Training/happy Valid/happy Testing/happy", "train validation test"),
        ("TRAIN-48x48/happy VAL-48x48/happy TEST-48x48/happy", "train validation test"),
        ("a/train/happy a/test/happy", "train test"),
        ("train/a/happy test/a/happy", "train test"),
        (
            "FER2013Train/happy FER2013Valid/happy FER2013Test/happy",
            "train public_test private_test",
        ),
        ("happy test/happy test/sad", "train test test"),
        ("train/happy train/val/happy", "train validation"),
    ],
)
def test_the_part_is_that_of_the_nearest_folder_that_names_one(folders: str, splits: str) -> None:
    paths = [f"{path}/" for path in folders.split()]
    expected = [
        Place(path.rpartition("/")[2], split)
        for path, split in zip(folders.split(), splits.split(), strict=True)
    ]
    assert list(places(paths, USUAL).values()) == expected


def test_a_part_may_be_below_its_class() -> None:
    found = places(["angry/train/", "angry/test/", "sad/train/", "0/train/"], USUAL)
    assert found == {
        "angry/train/": Place("angry", "train"),
        "angry/test/": Place("angry", "test"),
        "sad/train/": Place("sad", "train"),
        "0/train/": Place("0", "train"),
    }
    assert places(["hungry/train/", "sad/train/"], KEEP)["hungry/train/"].class_name == "hungry"


def test_part_and_class_may_be_one_folder() -> None:
    found = places(["train_happy/", "Test-Sad/", "valid_2_fear/", "train_hungry/"], USUAL)
    assert list(found.values()) == [
        Place("happy", "train"), Place("sad", "test"), Place("fear", "validation"),
        Place("train_hungry"),
    ]  # fmt: skip


def test_a_folder_that_is_set_aside_by_its_name_is_left_out_of_its_class() -> None:
    paths = ["happy/", "happy/rejected/", "happy/anna/_trash/2/", "happy/old/", "bad faces/sad/"]
    found = places(paths, USUAL)
    assert [place.reason for place in found.values()] == [
        "",
        "the folder 'happy/rejected' is set aside by its name",
        "the folder 'happy/anna/_trash' is set aside by its name",
        "",
        "the folder 'bad faces' is set aside by its name",
    ]
    assert places(["rejected/happy/", "rejected/sad/"], USUAL)["rejected/sad/"] == Place("sad")
    assert places(["happy/", "rejected/"], USUAL)["rejected/"] == Place("rejected")
    mapped = Classes.of({"rejected": "sad"}, keep_unknown=False)
    assert places(["happy/rejected/"], mapped)["happy/rejected/"] == Place("rejected")


def test_folders_of_persons_in_a_class_or_above_it_change_nothing() -> None:
    paths = ["train/happy/S001/", "sad/train/Ann/", "S002/angry/", "train/7/S003/", "happy/3/"]
    assert [places([path], USUAL)[path] for path in paths] == [
        Place("happy", "train"), Place("sad", "train"), Place("angry"), Place("S003", "train"),
        Place("3"),
    ]  # fmt: skip
    assert places(["happy/hungry/"], KEEP)["happy/hungry/"] == Place("hungry")
    mapped = Classes.of({"hungry": "sad"}, keep_unknown=False)
    assert places(["happy/hungry/"], mapped)["happy/hungry/"] == Place("hungry")


def test_what_is_beside_a_train_and_no_part_is_left_out_with_all_that_is_in_it() -> None:
    found = places(
        ["train/happy/", "test/happy/", "misc/sad/", "misc/train/sad/", "happy/", "train_old/sad/"],
        KEEP,
    )
    left_out = {path: place.reason for path, place in found.items() if place.reason}
    assert left_out == {
        "misc/sad/": "the folder 'misc' is no known part, but beside 'test' and 'train'",
        "misc/train/sad/": "the folder 'misc' is no known part, but beside 'test' and 'train'",
        "happy/": "the folder 'happy' is no known part, but beside 'test' and 'train'",
        "train_old/sad/": "the folder 'train_old' is no known part, but beside 'test' and 'train'",
    }
    assert places(["sad/train/", "sad/test/", "sad/more/"], USUAL)["sad/more/"].reason


def test_images_outside_a_class_folder_have_no_class() -> None:
    for paths in ([""], ["train/"], ["images/train/", "images/test/"], ["train/", "train/happy/"]):
        assert places(paths, KEEP)[paths[0]] == Place(reason=NO_CLASS)
    assert (
        places(["images/train/", "images/train/happy/"], KEEP)["images/train/"].reason == NO_CLASS
    )


def test_a_class_in_no_part_is_left_out_where_others_are_in_parts() -> None:
    found = places(
        ["FER2013/train/happy/", "FER2013/test/happy/", "extra/happy/", "happy/"], Classes()
    )
    assert [place.split for place in found.values()] == ["train", "test", "", ""]
    assert "is in no part" in found["extra/happy/"].reason
    assert "is in no part" in found["happy/"].reason
