from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fer.data import Dataset
from fer.data.votes import COLUMNS
from fer.errors import DatasetError

LABELS = ("angry", "happy", "sad")


def voted(rows: list[tuple[str, list[float]]]) -> Dataset:
    index = pd.DataFrame([votes for _, votes in rows], columns=list(COLUMNS), dtype="float32")
    index["label"] = [label for label, _ in rows]
    return Dataset(
        name="voted", index=index, pixels=np.zeros((len(rows), 1, 1, 1), np.uint8),
        labels=LABELS, split_rule="",
    )  # fmt: skip


#            neutral happy surprise sad angry disgust fear contempt unknown not_face
SPREAD = [2, 5, 0, 3, 0, 0, 0, 0, 0, 0]
TIED = [0, 5, 0, 5, 0, 0, 0, 0, 0, 0]
ELSEWHERE = [10, 0, 0, 0, 0, 0, 0, 0, 0, 0]
NONE = [np.nan] * 10


def split_and_voted(rows: list[tuple[str, str, list[float]]]) -> Dataset:
    dataset = voted([(label, votes) for _, label, votes in rows])
    dataset.index["split"] = [split for split, _, _ in rows]
    dataset.index["hash"] = [str(i) for i in range(len(rows))]
    return dataset


def test_by_votes_the_single_top_choice_is_the_label() -> None:
    given = split_and_voted([("train", "sad", SPREAD), ("test", "angry", ELSEWHERE)])
    dataset = given.by_votes()
    assert dataset.index["label"].tolist() == ["happy", "neutral"]
    assert dataset.index["label_given"].tolist() == ["sad", "angry"]
    assert dataset.labels == ("happy", "neutral")
    assert dataset.truth == "votes"
    assert (given.truth, given.index["label"].tolist()) == ("label", ["sad", "angry"])


def test_by_votes_faces_without_a_single_choice_belong_to_no_split_but_ties_in_train() -> None:
    not_a_face = [1, 0, 0, 0, 0, 0, 0, 0, 0, 9]
    kinds = [TIED, NONE, not_a_face, SPREAD]
    dataset = split_and_voted(
        [(split, "angry", votes) for split in ("train", "test") for votes in kinds]
    ).by_votes()
    assert dataset.index["split"].tolist() == ["train", "", "", "train", "", "", "", "test"]
    assert dataset.index["label"][0] == "angry"
    assert dataset.index["split_given"].tolist() == ["train"] * 4 + ["test"] * 4
    assert len(dataset.select("all")) == 3


def test_by_votes_a_label_that_was_set_by_hand_holds() -> None:
    given = split_and_voted([("test", "sad", SPREAD), ("test", "sad", TIED)])
    given.index["label_original"], given.index["label_by_hand"] = "angry", "sad"
    dataset = given.by_votes()
    assert dataset.index["label"].tolist() == ["sad", "sad"]
    assert dataset.index["split"].tolist() == ["test", "test"]
    assert dataset.relabelled.all()


def test_by_votes_the_data_sets_own_label_can_be_set_by_hand() -> None:
    given = split_and_voted([("test", "sad", SPREAD)])
    given.index["label_original"] = given.index["label_by_hand"] = "sad"
    assert not given.relabelled.any()
    dataset = given.by_votes()
    assert dataset.index["label"].tolist() == ["sad"]  # people chose happy
    assert dataset.relabelled.all()


def test_as_given_nothing_is_left_of_annotations() -> None:
    given = split_and_voted([("test", "sad", SPREAD), ("test", "happy", TIED)])
    given.index["label_original"], given.index["label_by_hand"] = ["sad", "angry"], ["", "happy"]
    given.index["excluded"] = [True, False]
    bare = given.as_given
    assert bare.index["label"].tolist() == ["sad", "angry"]
    assert not (bare.excluded | bare.relabelled).any()
    assert bare.labels == ("angry", "sad")
    assert bare.as_given is bare
    assert given.index["label"].tolist() == ["sad", "happy"]


@pytest.mark.parametrize("votes", [SPREAD, TIED, NONE])
def test_as_given_the_votes_decide_as_if_no_label_were_set_by_hand(votes: list[float]) -> None:
    given = split_and_voted([("train", "sad", SPREAD), ("test", "sad", votes)])
    bare = given.by_votes().index
    given.index["label_original"] = given.index["label"]
    given.index["label"] = given.index["label_by_hand"] = ["angry", "angry"]
    dataset = given.by_votes()
    assert dataset.index["split"].tolist() == ["train", "test"]
    without = dataset.as_given.index
    for column in ("label", "split", "label_given", "split_given"):
        assert without[column].tolist() == bare[column].tolist()


def test_by_votes_no_face_counts_as_relabelled_by_hand() -> None:
    given = split_and_voted([("test", "sad", SPREAD)])
    given.index["label_original"] = "sad"
    assert not given.by_votes().relabelled.any()


def test_by_votes_needs_votes() -> None:
    given = split_and_voted([("test", "sad", SPREAD)])
    bare = replace(given, index=given.index[["label", "split"]])
    with pytest.raises(DatasetError, match=r"truth is 'votes', and 'voted' has none"):
        bare.by_votes()
