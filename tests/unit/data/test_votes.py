from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer.data import Dataset
from fer.data.votes import COLUMNS, read_votes, top
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


def test_soft_targets_share_the_votes_among_the_classes() -> None:
    dataset = voted([("sad", SPREAD), ("sad", ELSEWHERE), ("angry", NONE)])
    expected = [[0, 5 / 8, 3 / 8], [0, 0, 1], [1, 0, 0]]
    np.testing.assert_allclose(dataset.target_shares(LABELS, mode="soft"), expected)


def test_blended_targets_are_the_mean_of_label_and_votes_and_hard_ones_the_label() -> None:
    dataset = voted([("sad", SPREAD), ("sad", ELSEWHERE), ("angry", NONE)])
    blend = [[0, 5 / 16, 11 / 16], [0, 0, 1], [1, 0, 0]]
    np.testing.assert_allclose(dataset.target_shares(LABELS, mode="blend"), blend)
    hard = [[0, 0, 1], [0, 0, 1], [1, 0, 0]]
    np.testing.assert_array_equal(dataset.target_shares(LABELS, mode="hard"), hard)


def test_without_votes_every_mode_is_the_label() -> None:
    dataset = voted([("sad", SPREAD)])
    bare = Dataset(
        name="bare", index=dataset.index[["label"]], pixels=dataset.pixels, labels=LABELS,
        split_rule="",
    )  # fmt: skip
    assert bare.votes is None
    for mode in ("hard", "soft", "blend"):
        np.testing.assert_array_equal(bare.target_shares(LABELS, mode=mode), [[0, 0, 1]])
    with pytest.raises(DatasetError, match="Known: hard, soft, blend"):
        dataset.target_shares(LABELS, mode="majority")


def test_a_label_set_by_hand_beats_the_votes() -> None:
    dataset = voted([("sad", SPREAD)])
    dataset.index["label_by_hand"] = "sad"
    np.testing.assert_array_equal(dataset.target_shares(LABELS, mode="soft"), [[0, 0, 1]])


def test_a_class_that_a_model_lacks_gives_a_row_of_zeros() -> None:
    dataset = voted([("sad", NONE)])
    assert dataset.target_shares(("angry", "happy"), mode="soft").tolist() == [[0, 0]]


def test_the_top_choice_is_none_where_it_is_tied_or_nobody_voted() -> None:
    assert top(np.array([SPREAD, TIED, NONE], np.float32)).tolist() == [1, -1, -1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("path,neutral\na,1\n", "no votes for happy"),
        ("path," + ",".join(COLUMNS) + "\n", "no votes for"),
        ("neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
         "1,1,1,1,1,1,1,1,1,1\n1,x,1,1,1,1,1,1,1,1\n", "line 3"),
    ],
)  # fmt: skip
def test_a_table_that_is_not_of_votes_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "votes.csv").write_text(text)
    with pytest.raises(DatasetError, match=reason):
        read_votes(tmp_path / "votes.csv")


def test_a_vote_beyond_all_numbers_is_refused_and_names_of_digits_stay_as_they_are(
    tmp_path: Path,
) -> None:
    header = "path,neutral,happy,surprise,sad,angry,disgust,fear,contempt,unknown,not_face\n"
    (tmp_path / "votes.csv").write_text(f"{header}001,1,0,0,0,0,0,0,0,0,9\n")
    assert read_votes(tmp_path / "votes.csv")["path"].tolist() == ["001"]
    (tmp_path / "votes.csv").write_text(f"{header}001,{'9' * 400},0,0,0,0,0,0,0,0,0\n")
    with pytest.raises(DatasetError, match="line 2: expected ten counts"):
        read_votes(tmp_path / "votes.csv")
