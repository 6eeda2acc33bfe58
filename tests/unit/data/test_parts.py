"""What the parts of a data set are called."""

import pytest

from fer.data.parts import part_of, parts_of


@pytest.mark.parametrize(
    ("names", "split"),
    [
        ("train Train TRAIN training Training train_set training_set 01_train TRAIN-48", "train"),
        ("TrainSet trainset traindata train-data train_images Train2 训练集 学習", "train"),
        ("val valid validation Validation val_set valid_set dev DEV dev_set devel", "validation"),
        ("Trainingsdaten Trainingsset trainimages trainval train+val", "train"),
        ("Testdaten testdata testimages", "test"),
        ("test Test testing test_set test_images TestSet tests テスト", "test"),
        ("PublicTest public_test public-test publictest", "public_test"),
        ("PrivateTest private_test privatetest", "private_test"),
        ("happy train_happy test_old misc extra 0 _ trains trainer backup publication tr te va "
         "learn public private metadata", ""),
    ],
)  # fmt: skip
def test_a_part_is_known_by_every_usual_name(names: str, split: str) -> None:
    assert {name: part_of(name) for name in names.split()} == dict.fromkeys(names.split(), split)


def test_eval_is_for_validation_only_beside_a_test() -> None:
    assert parts_of(["train", "dev", "eval"]) == {
        "train": "train", "dev": "validation", "eval": "test"
    }  # fmt: skip
    assert parts_of(["train", "eval_set", "test"]) == {
        "train": "train", "eval_set": "validation", "test": "test"
    }  # fmt: skip
    assert part_of("evaluation") == "test"


def test_longer_names_are_parts_where_several_stand_beside_each_other() -> None:
    ferplus = {
        "FER2013Train": "train", "FER2013Valid": "public_test", "FER2013Test": "private_test"
    }  # fmt: skip
    assert parts_of(ferplus) == ferplus
    assert parts_of(["ck_train", "ck_val"]) == {"ck_train": "train", "ck_val": "validation"}
    assert parts_of(["affectnet training", "docs"]) == {}
    assert parts_of(["train", "ck_test"]) == {"train": "train", "ck_test": "test"}


def test_a_name_that_may_mean_something_else_is_a_part_beside_another_one() -> None:
    assert parts_of(["tr", "te"]) == {"tr": "train", "te": "test"}
    assert parts_of(["Train", "Public", "private_set"]) == {
        "Train": "train", "Public": "public_test", "private_set": "private_test"
    }  # fmt: skip
    assert parts_of(["private", "tr", "happy"]) == {"private": "private_test", "tr": "train"}
    assert parts_of(["private", "happy"]) == parts_of(["labels_va", "happy"]) == {}


def test_what_was_set_aside_and_what_names_a_class_is_no_part() -> None:
    parts = parts_of(["train", "test", "train_old", "old test", "train_happy", "misc"])
    assert parts == {"train": "train", "test": "test"}
