from dataclasses import replace

import numpy as np
import pytest

from fer.data import Dataset
from fer.data.votes import COLUMNS
from fer.errors import ConfigError, DatasetError
from fer.evaluation.predictions import predictions
from fer.models.model import Model


def test_a_row_holds_the_answer_of_the_network(tiny_model: Model, tiny_dataset: Dataset) -> None:
    table = predictions(tiny_model, tiny_dataset, "test")
    part = tiny_dataset.select("test")
    answers = tiny_model.classify(part.pixels)
    np.testing.assert_allclose(table.probabilities, answers, atol=1e-6)
    row, own = table.frame.iloc[3], answers[3, part.targets[3]]
    assert row["path"] == part.index["path"][3]
    assert tiny_dataset.index["path"][row["row"]] == row["path"]
    assert row["predicted"] == tiny_model.card.labels[answers[3].argmax()]
    assert row["confidence"] == pytest.approx(answers[3].max())
    assert row["loss"] == pytest.approx(-np.log(own), rel=1e-4)
    assert row["entropy"] == pytest.approx(-(answers[3] * np.log(answers[3])).sum(), rel=1e-4)
    assert row["correct"] == (row["predicted"] == row["label"])


def test_a_temperature_changes_confidence_but_no_answer(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    plain = predictions(tiny_model, tiny_dataset, "test").frame
    card = replace(tiny_model.card, temperature=tiny_model.card.temperature * 3)
    unsure = predictions(replace(tiny_model, card=card), tiny_dataset, "test").frame
    assert (plain["predicted"] == unsure["predicted"]).all()
    assert unsure["confidence"].mean() < plain["confidence"].mean()


def test_copies_in_the_parts_that_training_used_are_flagged(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    index = tiny_dataset.index.copy()
    rows = {split: index.index[index["split"] == split] for split in ("train", "validation")}
    tests = index.index[index["split"] == "test"]
    index.loc[tests[0], "hash"] = index["hash"][rows["train"][4]]
    index.loc[tests[1], "hash"] = index["hash"][rows["validation"][4]]
    leaky = replace(tiny_dataset, index=index)
    flagged = predictions(tiny_model, leaky, "test").frame["in_training"]
    assert list(np.flatnonzero(flagged)) == [0, 1]
    assert not predictions(tiny_model, leaky, "validation").frame["in_training"].any()
    assert predictions(tiny_model, leaky, "train").frame["in_training"].all()


def test_votes_give_the_majority_and_how_many_chose_it(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    index = tiny_dataset.index.assign(**dict.fromkeys(COLUMNS, np.nan))
    tests = index.index[index["split"] == "test"]
    votes = ["votes_happy", "votes_sad", "votes_unknown"]
    index.loc[tests[:2], list(COLUMNS)] = 0
    index.loc[tests[:2], votes] = [[7, 2, 1], [5, 5, 0]]
    frame = predictions(tiny_model, replace(tiny_dataset, index=index), "test").frame
    assert list(frame["majority"][:3]) == ["happy", "", ""]
    assert frame["agreement"][0] == pytest.approx(0.7)
    assert frame["agreement"][1] == pytest.approx(0.5)
    assert np.isnan(frame["agreement"][2])


def test_flipping_gives_a_face_and_its_mirror_image_the_same_answer(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    index = tiny_dataset.index.assign(hash="m" + tiny_dataset.index["hash"])
    mirrored = replace(tiny_dataset, index=index, pixels=tiny_dataset.pixels[:, :, ::-1])
    for tta, alike in {"none": False, "flip": True}.items():
        one = predictions(tiny_model, tiny_dataset, "test", tta=tta).probabilities
        other = predictions(tiny_model, mirrored, "test", tta=tta).probabilities
        assert np.allclose(one, other, atol=1e-5) == alike


def test_an_unknown_augmentation_is_an_error(tiny_model: Model, tiny_dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match=r"'five'. Known: none, flip, shifts, ten_crop"):
        predictions(tiny_model, tiny_dataset, "test", tta="five")


def test_faces_by_votes_are_judged_by_them_and_the_undecided_are_counted(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    happy = (tiny_dataset.index["label"] == "happy").to_numpy()
    index = tiny_dataset.index.assign(**dict.fromkeys(COLUMNS, 0.0))
    index["votes_happy"], index["votes_surprise"] = np.where(happy, 2.0, 8.0), 5.0
    tests = index.index[index["split"] == "test"]
    index.loc[tests[:3], "votes_happy"] = 5.0
    table = predictions(tiny_model, replace(tiny_dataset, index=index).by_votes(), "test")
    assert (table.truth, table.undecided, len(table)) == ("votes", 3, len(tests) - 3)
    assert (table.frame["label"] != table.frame["label_given"]).all()
    assert (table.frame["label"] == table.frame["majority"]).all()
    plain = predictions(tiny_model, tiny_dataset, "test")
    assert (plain.truth, plain.undecided) == ("label", 0)


def test_faces_of_another_size_are_an_error(tiny_model: Model, tiny_dataset: Dataset) -> None:
    small = replace(tiny_dataset, pixels=tiny_dataset.pixels[:, :20])
    with pytest.raises(DatasetError, match=r"\(20, 24, 1\); the model 'tiny' takes \(24, 24, 1\)"):
        predictions(tiny_model, small, "test")
