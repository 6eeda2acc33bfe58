from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer.data import Dataset
from fer.data.votes import COLUMNS
from fer.errors import ConfigError, DatasetError
from fer.evaluation.figures import figures
from fer.evaluation.intervals import wilson
from fer.evaluation.predictions import PredictionTable, predictions
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


def annotated(dataset: Dataset, labels: Mapping[int, str], excluded: Sequence[int] = ()) -> Dataset:
    """The data set with labels set by hand, and faces excluded, at these positions."""
    by_hand = pd.Series(labels).reindex(range(len(dataset)), fill_value="")
    given = dataset.index["label"]
    index = dataset.index.assign(
        label=by_hand.where(by_hand != "", given), label_by_hand=by_hand, label_original=given,
        excluded=np.isin(np.arange(len(dataset)), excluded),
    )  # fmt: skip
    return replace(dataset, index=index)


def wrong_faces(model: Model, dataset: Dataset, split: str = "all") -> dict[int, str]:
    """What the model answers to the faces that it gets wrong, by position."""
    frame = predictions(model, dataset, split).frame
    wrong = frame[~frame["correct"]]
    return dict(zip(wrong["row"], wrong["predicted"], strict=True))


@pytest.fixture
def erring_model(tiny_model: Model) -> Model:
    """One that calls every face happy."""
    return replace(
        tiny_model,
        card=replace(tiny_model.card, model_sha256=""),
        forward=lambda faces: np.tile(np.float32([0.9, 0.1]), (len(faces), 1)),
    )


def test_annotations_change_no_figure_and_make_a_second_one_beside_it(
    erring_model: Model, tiny_dataset: Dataset
) -> None:
    wrong = wrong_faces(erring_model, tiny_dataset)
    marked = annotated(tiny_dataset, wrong, excluded=[0, 2])
    before, after = (
        figures(predictions(erring_model, faces, "all")) for faces in (tiny_dataset, marked)
    )
    assert len(wrong) == 40
    assert before["by_hand"] is None
    second = after.pop("by_hand")
    assert {key: second[key] for key in ("relabelled", "excluded", "images", "accuracy")} == {
        "relabelled": 40, "excluded": 2, "images": 78, "accuracy": 1.0,
    }  # fmt: skip
    assert second["accuracy_ci95"] == wilson(78, 78)
    for one in (before, after):
        del one["measured"]
    assert before["accuracy"] == 0.5
    assert {**before, "by_hand": None} == {**after, "by_hand": None}


def test_a_row_keeps_the_label_as_given_and_names_the_annotation(
    erring_model: Model, tiny_dataset: Dataset
) -> None:
    marked = annotated(tiny_dataset, {9: "happy"}, excluded=[4])
    frame = predictions(erring_model, marked, "test").frame.set_index("row")
    assert frame.loc[9, ["label", "label_by_hand", "correct"]].tolist() == [
        "surprise", "happy", False,
    ]  # fmt: skip
    assert frame["excluded"].to_numpy().nonzero()[0].tolist() == [0]
    assert len(frame) == 16


def test_annotations_in_other_splits_make_no_second_figure(
    erring_model: Model, tiny_dataset: Dataset
) -> None:
    marked = annotated(tiny_dataset, {0: "surprise"}, excluded=[1])
    assert predictions(erring_model, marked, "test").by_hand is None
    assert predictions(erring_model, marked, "train").by_hand is not None


def test_where_every_face_is_excluded_the_figure_stays_and_the_second_has_no_face(
    erring_model: Model, tiny_dataset: Dataset
) -> None:
    tests = np.flatnonzero(tiny_dataset.index["split"] == "test").tolist()
    table = predictions(erring_model, annotated(tiny_dataset, {}, excluded=tests), "test")
    assert len(table) == 16
    assert table.by_hand is not None
    assert (table.by_hand["images"], table.by_hand["accuracy"]) == (0, None)


def test_a_face_whose_label_only_a_person_knows_counts_in_the_second_figure_alone(
    erring_model: Model, tiny_dataset: Dataset
) -> None:
    # The model lacks the label of one test face, and people are undecided on another.
    index = tiny_dataset.index.assign(**dict.fromkeys(COLUMNS, 0.0))
    for label in ("happy", "surprise"):
        index.loc[index["label"] == label, f"votes_{label}"] = 9.0
    index.loc[4, ["label", "votes_happy", "votes_sad"]] = ["sad", 0.0, 9.0]
    index.loc[9, ["votes_surprise", "votes_happy"]] = 5.0
    voted = replace(tiny_dataset, index=index)
    marked = annotated(voted, {4: "happy", 9: "happy"}).by_votes()
    bare, table = (predictions(erring_model, faces, "test") for faces in (voted.by_votes(), marked))
    assert (len(bare), bare.left_out, bare.undecided) == (14, 1, 1)
    assert (len(table), table.left_out, table.undecided) == (14, 1, 1)
    assert figures(table)["votes"] == figures(bare)["votes"]
    assert table.by_hand is not None
    assert (table.by_hand["relabelled"], table.by_hand["images"]) == (2, 16)


def test_probabilities_kept_on_disk_serve_whatever_the_labels_are(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    before = predictions(tiny_model, tiny_dataset, "test").frame  # keeps them
    opposite = {row: {"happy": "surprise", "surprise": "happy"}[label]
                for row, label in zip(before["row"], before["label"], strict=True)}  # fmt: skip

    def classify(_: np.ndarray) -> np.ndarray:
        raise AssertionError("a face was classified again")

    kept = replace(tiny_model, forward=classify)
    table = predictions(kept, annotated(tiny_dataset, opposite), "test")
    assert table.frame["correct"].tolist() == before["correct"].tolist()
    assert table.by_hand is not None
    assert table.by_hand["accuracy"] == pytest.approx(1 - before["correct"].mean())


def test_leaks_are_those_of_the_data_that_the_model_learnt_from(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    index = tiny_dataset.index.copy()
    index.loc[4, "hash"] = index["hash"][0]  # a test face and a training face
    leaky = replace(tiny_dataset, index=index)

    def table(**data: object) -> PredictionTable:
        card = replace(tiny_model.card, model_sha256="", data=data)
        return predictions(replace(tiny_model, card=card), leaky, "test")

    here = table(name="tiny")
    assert (here.trained_here, here.frame["in_training"].sum()) == (True, 1)
    renamed = table(name="before", faces=leaky.faces_to_learn())
    assert (renamed.trained_here, renamed.frame["in_training"].sum()) == (True, 1)
    drawn = table(name="synthetic", synthetic=True, faces="others", fingerprint="another")
    assert (drawn.trained_here, drawn.frame["in_training"].sum()) == (False, 0)
    assert (drawn.trained_on, drawn.trained_on_drawn) == ("synthetic", True)
    unknown = table()
    assert (unknown.trained_on, unknown.trained_here) == ("", False)


def test_a_fine_tuned_model_also_learnt_what_its_start_was_trained_on(
    tiny_model: Model, tiny_folder: Path, tiny_dataset: Dataset
) -> None:
    card = replace(
        tiny_model.card, name="tuned", data={"name": "mine"}, model_sha256="",
        config={"start_from": str(tiny_folder)},
    )  # fmt: skip
    table = predictions(replace(tiny_model, card=card), tiny_dataset, "test")
    assert (table.trained_on, table.trained_here) == ("mine", True)
    gone = replace(card, config={"start_from": "gone"})
    assert not predictions(replace(tiny_model, card=gone), tiny_dataset, "test").trained_here
