from dataclasses import replace

import numpy as np
import pytest

from fer.data import Dataset
from fer.data.joining import extra_faces, with_extra
from fer.errors import DatasetError


@pytest.fixture
def more() -> Dataset:
    """Three faces to learn and one to test."""
    faces = np.random.default_rng(7).integers(0, 256, (4, 24, 24, 1), dtype=np.uint8)
    return Dataset.from_arrays(
        faces, ["happy", "sad", "happy", "sad"], splits=["train"] * 3 + ["test"], name="more",
        height=24, width=24, validation_fraction=0,
    )  # fmt: skip


def test_only_the_training_faces_of_the_other_data_set_join(
    tiny_dataset: Dataset, more: Dataset
) -> None:
    joined = with_extra(tiny_dataset, more)
    own, extra = ~extra_faces(joined), extra_faces(joined)
    is_kept = tiny_dataset.index["split"].isin(["train", "validation"])
    assert joined.index["hash"][own].tolist() == tiny_dataset.index["hash"][is_kept].tolist()
    assert (joined.pixels[own] == tiny_dataset.pixels[is_kept]).all()
    assert (joined.pixels[extra] == more.pixels[:3]).all()
    assert joined.index["label"][extra].tolist() == ["happy", "sad", "happy"]
    assert set(joined.index["split"][extra]) == {"train"}
    assert joined.labels == tiny_dataset.labels


def test_an_extra_face_that_also_measures_is_not_learnt(
    tiny_dataset: Dataset, more: Dataset
) -> None:
    measuring = tiny_dataset.index.loc[tiny_dataset.index["split"] != "train", "hash"]
    hashes = [measuring.iloc[0], measuring.iloc[-1], *more.index["hash"][2:]]
    joined = with_extra(tiny_dataset, replace(more, index=more.index.assign(hash=hashes)))
    assert joined.index["hash"][extra_faces(joined)].tolist() == [hashes[2]]


def test_an_excluded_extra_face_is_not_learnt(tiny_dataset: Dataset, more: Dataset) -> None:
    excluded = replace(more, index=more.index.assign(excluded=[True, False, False, False]))
    assert extra_faces(with_extra(tiny_dataset, excluded)).sum() == 2


def test_extra_faces_of_classes_that_are_not_learnt_take_no_repeats_from_the_others(
    tiny_dataset: Dataset, more: Dataset
) -> None:
    index = more.index.assign(label=["happy", "sad", "surprise", "sad"])
    labels = tiny_dataset.labels
    joined = with_extra(
        tiny_dataset, replace(more, index=index), labels=labels, times=60, balance=1
    )
    counts = joined.index["label"][extra_faces(joined)].value_counts()
    assert set(counts.index) == set(labels) == {"happy", "surprise"}
    assert counts.sum() == pytest.approx(120, abs=3)


def test_an_extra_data_set_without_faces_to_learn_is_refused(
    tiny_dataset: Dataset, more: Dataset
) -> None:
    only_test = replace(more, index=more.index.assign(split="test"))
    with pytest.raises(DatasetError, match="'more' has no face to learn beside 'tiny'"):
        with_extra(tiny_dataset, only_test)


def test_extra_faces_have_no_votes_and_keep_their_labels(
    tiny_dataset: Dataset, more: Dataset
) -> None:
    votes = {f"votes_{name}": 0.0 for name in ("neutral", "surprise", "angry", "disgust")}
    votes |= {f"votes_{name}": 0.0 for name in ("fear", "contempt", "unknown", "not_face")}
    voted = replace(
        tiny_dataset, index=tiny_dataset.index.assign(**votes, votes_happy=3.0, votes_sad=1.0)
    )
    joined = with_extra(voted, more)
    shares = joined.target_shares(("happy", "sad"), mode="soft")
    assert shares[extra_faces(joined)].tolist() == [[1, 0], [0, 1], [1, 0]]
    assert (shares[~extra_faces(joined)] == [0.75, 0.25]).all()


def test_extra_faces_repeat_and_a_share_of_the_own_ones_is_replayed(
    tiny_dataset: Dataset, more: Dataset
) -> None:
    joined = with_extra(tiny_dataset, more, times=4, replay=0.25)
    extra = extra_faces(joined)
    counts = joined.index["hash"][extra].value_counts()
    assert counts.to_dict() == dict.fromkeys(more.index["hash"][:3], 4)
    splits = joined.index["split"][~extra].value_counts()
    given = tiny_dataset.splits
    assert splits.to_dict() == {"train": given["train"] // 4, "validation": given["validation"]}
    kept = joined.index["hash"][~extra].astype(int).to_numpy()
    assert (joined.pixels[~extra] == tiny_dataset.pixels[kept]).all()
    other = with_extra(tiny_dataset, more, times=4, replay=0.25, seed=1)
    assert other.index["hash"].tolist() != joined.index["hash"].tolist()


def test_rare_classes_of_the_extra_faces_repeat_more_often_if_they_are_balanced(
    tiny_dataset: Dataset, more: Dataset
) -> None:
    # Two faces are happy, one is sad.
    balanced = with_extra(tiny_dataset, more, times=60, balance=1)
    counts = balanced.index["label"][extra_faces(balanced)].value_counts()
    assert counts.sum() == pytest.approx(180, abs=3)
    assert counts["happy"] == pytest.approx(counts["sad"], abs=3)
    half = with_extra(tiny_dataset, more, times=60, balance=0.5)
    counts = half.index["label"][extra_faces(half)].value_counts()
    assert counts["happy"] / counts["sad"] == pytest.approx(2**0.5, rel=0.05)
