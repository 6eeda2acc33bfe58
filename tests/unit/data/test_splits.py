import tracemalloc

import pandas as pd

from fer.data.splits import assign_missing, held_out


def table(labels: list[str], hashes: list[str] | None = None, split: str = "") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": labels,
            "hash": hashes or [str(i) for i in range(len(labels))],
            "split": [split] * len(labels),
            "subject": "",
        }
    )


def test_the_held_out_part_has_the_asked_share_of_every_class() -> None:
    index = table(["happy"] * 200 + ["sad"] * 50)
    chosen = held_out(index["label"], index["hash"], fraction=0.2, seed=0)
    assert chosen[:200].sum() == 40
    assert chosen[200:].sum() == 10


def test_equal_faces_stay_on_one_side() -> None:
    index = table(["happy"] * 100, hashes=[str(i // 4) for i in range(100)])
    index["chosen"] = held_out(index["label"], index["hash"], fraction=0.3, seed=1)
    assert (index.groupby("hash")["chosen"].nunique() == 1).all()
    assert 28 <= index["chosen"].sum() <= 32


def test_another_seed_chooses_other_faces_and_the_same_seed_the_same() -> None:
    index = table(["happy"] * 100)
    first, again, other = (
        held_out(index["label"], index["hash"], fraction=0.2, seed=seed) for seed in (0, 0, 1)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_the_choice_is_the_one_that_earlier_versions_made() -> None:
    index = table(["happy", "sad"] * 6, [f"{n * n * 2654435761 % 2**32:08x}" for n in range(12)])
    chosen = held_out(index["label"], index["hash"], fraction=0.34, seed=7)
    assert chosen.nonzero()[0].tolist() == [2, 4, 9, 11]


def test_a_million_hashes_are_split_in_little_memory() -> None:
    faces = 20_000
    index = table(["happy", "sad"] * (faces // 2), [f"{n * 7919:032x}" for n in range(faces)])
    tracemalloc.start()
    try:
        held_out(index["label"], index["hash"], fraction=0.2, seed=0)
        assert tracemalloc.get_traced_memory()[1] < 250 * faces  # bytes
    finally:
        tracemalloc.stop()


def test_a_class_of_one_face_stays_in_train_and_one_of_two_is_shared() -> None:
    index = table(["sad", "fear", "fear"])
    chosen = held_out(index["label"], index["hash"], fraction=0.2, seed=0)
    assert not chosen[0]
    assert chosen[1:].sum() == 1


def test_a_large_held_out_part_leaves_every_class_a_face_to_train_on() -> None:
    index = table(["happy"] * 2 + ["sad"] * 3)
    chosen = held_out(index["label"], index["hash"], fraction=0.9, seed=0)
    assert chosen[:2].sum() == 1
    assert chosen[2:].sum() == 2


def test_a_data_set_without_parts_gets_three() -> None:
    index = table(["happy"] * 100)
    rule = assign_missing(index, validation_fraction=0.2, seed=0)
    assert index["split"].value_counts().to_dict() == {"train": 64, "test": 20, "validation": 16}
    assert "20%" in rule


def test_nothing_is_added_to_a_test_part_that_is_given() -> None:
    index = table(["happy"] * 10)
    index.loc[:2, "split"] = "public_test"
    rule = assign_missing(index, validation_fraction=0, seed=0)
    assert index["split"].value_counts().to_dict() == {"train": 7, "public_test": 3}
    assert rule == "as given by folders and file names; what is in no part is for training"


def test_a_validation_part_that_is_there_is_kept() -> None:
    index = table(["happy"] * 10, split="train")
    index.loc[:2, "split"] = "validation"
    assign_missing(index, validation_fraction=0.5, seed=0)
    assert (index["split"] == "validation").sum() == 3


def test_the_rule_mentions_where_nothing_could_be_held_out() -> None:
    index = table(["happy", "happy", "sad"], hashes=["a", "a", "b"])
    rule = assign_missing(index, validation_fraction=0.2, seed=0)
    assert rule == "no class has two different images to hold one out"
    assert index["split"].unique().tolist() == ["train"]
