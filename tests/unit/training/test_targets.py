from dataclasses import replace

import numpy as np
import pytest

from fer.data import Dataset
from fer.errors import ConfigError, DatasetError
from fer.models.model import Model
from fer.training.config import TrainingConfig
from fer.training.targets import add_distillation, build_training_set

VOTES = (
    "neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt", "unknown",
    "not_face",
)  # fmt: skip


def with_columns(dataset: Dataset, **columns: object) -> Dataset:
    return replace(dataset, index=dataset.index.assign(**columns))


def test_excluded_faces_are_not_used_unless_requested(tiny_dataset: Dataset) -> None:
    excluded = np.zeros(len(tiny_dataset), bool)
    excluded[:10] = True
    marked = with_columns(tiny_dataset, excluded=excluded)
    everything = build_training_set(TrainingConfig(), tiny_dataset)
    rest = build_training_set(TrainingConfig(), marked)
    assert set(rest.train) == set(everything.train) - set(range(10))
    assert set(build_training_set(TrainingConfig(use_excluded=True), marked).train) == set(
        everything.train
    )


def test_annotations_are_learnt_and_validation_keeps_the_labels_as_given(
    tiny_dataset: Dataset,
) -> None:
    given = tiny_dataset.index["label"].to_numpy(object)
    other = np.where(given == "happy", "surprise", "happy")
    excluded = np.arange(len(given)) % 4 == 0
    annotated = with_columns(
        tiny_dataset, label=other, label_original=given, label_by_hand=other, excluded=excluded
    )
    plain = build_training_set(TrainingConfig(), tiny_dataset)
    training_set = build_training_set(TrainingConfig(), annotated)
    assert (training_set.validation == plain.validation).all()
    assert (training_set.validation_targets == plain.validation_targets).all()
    assert set(training_set.train) == set(plain.train[~excluded[plain.train]])
    learnt = np.array(training_set.labels)[training_set.targets.argmax(axis=1)]
    assert (learnt == other[training_set.train]).all()


def test_soft_targets_are_the_shares_of_the_votes(tiny_dataset: Dataset) -> None:
    votes = {f"votes_{name}": np.full(len(tiny_dataset), 0.0, np.float32) for name in VOTES}
    votes["votes_happy"][:] = 3
    votes["votes_surprise"][:] = 1
    votes["votes_sad"][:] = 6
    soft = build_training_set(
        TrainingConfig(label_mode="soft"), with_columns(tiny_dataset, **votes)
    )
    np.testing.assert_allclose(soft.targets, [[0.75, 0.25]] * len(soft.targets))


def test_soft_labels_without_votes_are_refused(tiny_dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match="'tiny' has no votes"):
        build_training_set(TrainingConfig(label_mode="soft"), tiny_dataset)


def test_only_the_named_classes_are_learnt(tiny_dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match="labels names bored; 'tiny' has happy, surprise"):
        build_training_set(TrainingConfig(labels=("happy", "bored")), tiny_dataset)
    index = tiny_dataset.index.copy()
    index.loc[::4, "label"] = "sad"
    three = replace(tiny_dataset, index=index, labels=("happy", "sad", "surprise"))
    training_set = build_training_set(TrainingConfig(labels=("surprise", "happy")), three)
    assert training_set.labels == ("happy", "surprise")
    assert not (index["label"].iloc[training_set.train] == "sad").any()


@pytest.mark.parametrize(("weighting", "ratio"), [("none", 1), ("root", 3**0.5), ("balanced", 3)])
def test_class_weights_lift_the_rare_class_and_average_one(
    tiny_dataset: Dataset, weighting: str, ratio: float
) -> None:
    train = np.flatnonzero(tiny_dataset.index["split"] == "train")
    happy = tiny_dataset.index["label"].iloc[train].to_numpy() == "happy"
    few = np.concatenate([train[happy][:18], train[~happy][:6]])
    rest = np.flatnonzero(tiny_dataset.index["split"] != "train")
    part = tiny_dataset.take(np.concatenate([few, rest]))
    training_set = build_training_set(TrainingConfig(class_weights=weighting), part)
    assert training_set.class_weights[1] / training_set.class_weights[0] == pytest.approx(ratio)
    assert (training_set.targets @ training_set.class_weights).mean() == pytest.approx(1)


def with_votes(dataset: Dataset, happy: object, surprise: object, unknown: object = 0) -> Dataset:
    votes = {f"votes_{name}": np.zeros(len(dataset), np.float32) for name in VOTES}
    for name, counts in (("happy", happy), ("surprise", surprise), ("unknown", unknown)):
        votes[f"votes_{name}"][:] = counts
    return with_columns(dataset, **votes)


def test_blended_targets_lie_halfway_between_the_label_and_the_votes(
    tiny_dataset: Dataset,
) -> None:
    voted = with_votes(tiny_dataset, happy=3, surprise=1)
    hard, soft, blend = (
        build_training_set(TrainingConfig(label_mode=mode), voted).targets
        for mode in ("hard", "soft", "blend")
    )
    np.testing.assert_allclose(blend, (hard + soft) / 2)
    assert {tuple(row) for row in blend} == {(0.875, 0.125), (0.375, 0.625)}


def test_with_the_votes_as_truth_the_crowds_choice_is_learnt_and_checked(
    tiny_dataset: Dataset,
) -> None:
    face = np.arange(len(tiny_dataset))
    split = tiny_dataset.index["split"].to_numpy()
    unsure = face == np.flatnonzero(split == "validation")[0]
    happy = np.where(face % 3 == 0, 6, 4)
    voted = with_votes(tiny_dataset, happy, 10 - happy, unknown=np.where(unsure, 20, 0))
    training_set = build_training_set(TrainingConfig(truth="votes"), voted.by_votes())
    assert training_set.labels == ("happy", "surprise")
    assert (
        training_set.targets.argmax(axis=1) == np.where(training_set.train % 3 == 0, 0, 1)
    ).all()
    expected = np.where(training_set.validation % 3 == 0, 0, 1)
    assert (training_set.validation_targets == expected).all()
    assert set(training_set.validation) == set(np.flatnonzero((split == "validation") & ~unsure))


def test_a_tie_among_the_annotators_is_learnt_but_never_measured(tiny_dataset: Dataset) -> None:
    tied = with_votes(tiny_dataset, happy=5, surprise=5)
    with pytest.raises(DatasetError, match="no faces in split 'validation'"):
        build_training_set(TrainingConfig(truth="votes", label_mode="soft"), tied.by_votes())
    face = np.arange(len(tied))
    validation = tied.index["split"].to_numpy() == "validation"
    happy = np.where(validation & (face % 2 == 0), 8, 5)
    part = with_votes(tiny_dataset, happy, 10 - happy).by_votes()
    training_set = build_training_set(TrainingConfig(truth="votes", label_mode="soft"), part)
    np.testing.assert_allclose(training_set.targets, 0.5)
    assert set(training_set.validation) == set(np.flatnonzero(validation & (face % 2 == 0)))


def test_teachers_give_their_share_of_every_target(
    tiny_dataset: Dataset, tiny_model: Model
) -> None:
    config = TrainingConfig(teachers=("tiny", "tiny"), teacher_share=0.25)
    alone = build_training_set(config, tiny_dataset)
    both = add_distillation(alone, config, tiny_dataset, [tiny_model, tiny_model])
    faces = tiny_dataset.pixels[alone.train]
    taught = (tiny_model.classify(faces) + tiny_model.classify(faces[:, :, ::-1])) / 2
    np.testing.assert_allclose(both.targets, 0.75 * alone.targets + 0.25 * taught, atol=1e-6)
    np.testing.assert_allclose(both.targets.sum(axis=1), 1, atol=1e-6)
    assert add_distillation(alone, config, tiny_dataset, []) is alone


def test_a_teacher_sees_the_faces_in_its_own_size_and_colour(
    tiny_dataset: Dataset, tiny_model: Model
) -> None:
    height, width, _ = tiny_model.card.shape
    larger = np.repeat(np.repeat(tiny_dataset.pixels, 2, axis=1), 2, axis=2)
    colour = np.repeat(larger, 3, axis=3)
    config = TrainingConfig(teachers=("tiny",), teacher_share=1.0)
    own, shaped = (
        add_distillation(build_training_set(config, faces), config, faces, [tiny_model])
        for faces in (tiny_dataset, replace(tiny_dataset, pixels=colour))
    )
    assert colour.shape[1:] == (2 * height, 2 * width, 3)
    np.testing.assert_allclose(shaped.targets, own.targets, atol=0.02)

    seen = []

    def forward(faces: np.ndarray) -> np.ndarray:
        seen.append(faces)
        return np.tile(np.float32([0.9, 0.1]), (len(faces), 1))

    card = replace(tiny_model.card, height=2 * height, width=2 * width, channels=3)
    teacher = replace(tiny_model, card=card, forward=forward)
    add_distillation(build_training_set(config, tiny_dataset), config, tiny_dataset, [teacher])
    assert {faces.shape[1:] for faces in seen} == {card.shape}
    assert (seen[0][..., 0] == seen[0][..., 2]).all()


def test_a_teachers_classes_are_matched_by_name(tiny_dataset: Dataset, tiny_model: Model) -> None:
    config = TrainingConfig(teachers=("tiny",), teacher_share=1.0)
    alone = build_training_set(config, tiny_dataset)
    card = replace(tiny_model.card, labels=("surprise", "contempt", "happy"))
    teacher = replace(
        tiny_model,
        card=card,
        forward=lambda faces: np.tile(np.float32([0.2, 0.5, 0.3]), (len(faces), 1)),
    )
    taught = add_distillation(alone, config, tiny_dataset, [teacher])
    assert alone.labels == ("happy", "surprise")
    np.testing.assert_allclose(taught.targets, [[0.6, 0.4]] * len(taught.targets), atol=1e-6)


def test_classes_that_a_teacher_lacks_keep_the_share_of_the_target(
    tiny_dataset: Dataset, tiny_model: Model
) -> None:
    config = TrainingConfig(label_mode="soft", teachers=("tiny",), teacher_share=0.5)
    votes = with_votes(tiny_dataset, happy=5, surprise=3)
    votes.index["votes_sad"] = np.float32(2)
    voted = replace(votes, labels=("happy", "sad", "surprise"))
    alone = build_training_set(config, voted)
    np.testing.assert_allclose(alone.targets, [[0.5, 0.2, 0.3]] * len(alone.targets), atol=1e-6)
    teacher = replace(
        tiny_model, forward=lambda faces: np.tile(np.float32([0.25, 0.75]), (len(faces), 1))
    )
    taught = add_distillation(alone, config, voted, [teacher])
    np.testing.assert_allclose(taught.targets, [[0.35, 0.2, 0.45]] * len(taught.targets), atol=1e-6)


def test_a_teacher_that_is_sure_of_another_class_teaches_nothing_about_these(
    tiny_dataset: Dataset, tiny_model: Model
) -> None:
    config = TrainingConfig(teachers=("tiny",), teacher_share=1.0)
    teacher = replace(
        tiny_model,
        card=replace(tiny_model.card, labels=("happy", "surprise", "contempt")),
        forward=lambda faces: np.tile(np.float32([0, 0, 1]), (len(faces), 1)),
    )
    alone = build_training_set(config, tiny_dataset)
    taught = add_distillation(alone, config, tiny_dataset, [teacher])
    np.testing.assert_allclose(taught.targets, 0.5)


def test_a_teacher_without_any_of_the_classes_is_refused(
    tiny_dataset: Dataset, tiny_model: Model
) -> None:
    config = TrainingConfig()
    stranger = replace(tiny_model, card=replace(tiny_model.card, labels=("bored", "tired")))
    alone = build_training_set(config, tiny_dataset)
    with pytest.raises(ConfigError, match="knows bored, tired, and none of the classes to learn"):
        add_distillation(alone, config, tiny_dataset, [stranger])


def test_teachers_have_another_share_of_the_extra_faces(
    tiny_dataset: Dataset, tiny_model: Model
) -> None:
    config = TrainingConfig(teacher_share=0.75, extra_teacher_share=0.25)
    extra = np.arange(len(tiny_dataset)) % 2 == 0
    marked = with_columns(tiny_dataset, extra=extra)
    alone = build_training_set(config, marked)
    taught = tiny_model.classify(marked.pixels[alone.train])
    taught = (taught + tiny_model.classify(marked.pixels[alone.train][:, :, ::-1])) / 2
    share = np.where(extra[alone.train], 0.25, 0.75)[:, None]
    both = add_distillation(alone, config, marked, [tiny_model])
    np.testing.assert_allclose(
        both.targets, (1 - share) * alone.targets + share * taught, atol=1e-6
    )
