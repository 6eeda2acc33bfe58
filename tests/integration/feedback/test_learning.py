import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import keras
import numpy as np
import pytest

from fer import models, settings
from fer.data import Dataset, add, load_dataset
from fer.data.registry import FEEDBACK
from fer.data.synthetic import draw_face
from fer.errors import FeedbackError, ModelNotFoundError
from fer.feedback import before_after, learning, promotion
from fer.feedback.consent import VERSION
from fer.feedback.dataset import publish
from fer.feedback.records import Correction, Status, now
from fer.feedback.store import Store, contributor_id, open_store
from fer.models.card import read_card
from fer.models.folder import save_card
from fer.models.model import Model
from fer.runs import queue, worker
from fer.runs.run import Run
from fer.training.feedback import origin_of

LABELS = ("happy", "surprise")
SHAPE: dict[str, Any] = {"height": 24, "width": 24, "channels": 1}
PEOPLE = ("ann", "ben", "cy", "dee", "eve", "fay")


@pytest.fixture
def store(
    own_home: Path,
    face_folder: Path,
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Store:
    """An empty store beside a model `base`, which is in use and learnt the data set `drawn`."""
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("FER_MODEL", raising=False)
    add(face_folder, name="drawn")
    folder = models.copy(tiny_folder, models.named("base"))
    card = read_card(folder / models.CARD_FILE)
    save_card(replace(card, data={**card.data, "name": "drawn"}), folder)
    settings.set_default_model("base")
    return open_store()


def correct(store: Store) -> None:
    """Six people send four faces each, all accepted and published."""
    for number, person in enumerate(PEOPLE * 4):
        label = LABELS[number % 2]
        _, png = cv2.imencode(".png", draw_face(label, seed=500 + number, size=24))
        store.keep(
            Correction(
                id=str(uuid4()), created=now(), contributor=contributor_id(person),
                consent=VERSION, source="predict", model="base", model_sha256="0",
                labels=LABELS, probabilities=(0.5, 0.5), verdict=label, crop=png.tobytes(),
            )
        )  # fmt: skip
    ids = [one.id for one in store.corrections(with_crops=False)]
    store.review(ids, decision=Status.ACCEPTED, reviewer="Rita")
    publish(store)


def trained(store: Store) -> Run:
    correct(store)
    run = learning.create_run(learning.plan(), state="preparing")
    with queue.training_lock(), run.held():
        worker.run_training(run)
    return run


def finished(store: Store, tiny_model: Model) -> Run:
    """A run as if it had trained: its network is that of `base`, slightly changed."""
    correct(store)
    return finished_run(tiny_model)


def finished_run(tiny_model: Model) -> Run:
    run = learning.create_run(learning.plan(), state="finished")
    models.save(changed(tiny_model, 1.01), tiny_model.card, run.model_folder)
    return run


def changed(model: Model, factor: float) -> keras.Model:
    """The network of a model with other weights."""
    network = keras.models.clone_model(model.network)
    network.set_weights([weight * factor for weight in model.network.get_weights()])
    return network


def test_a_model_learns_from_corrections_takes_the_place_of_the_old_one_and_gives_it_back(
    store: Store,
) -> None:
    run = trained(store)
    assert run.name == "base with feedback"
    assert run.config().dataset == "drawn"
    learnt = [one.face for one in store.corrections() if one.held_out is False]
    card = read_card(run.model_folder / models.CARD_FILE)
    assert card.training["feedback"] == sorted(learnt)
    base = read_card(models.find("base") / models.CARD_FILE)
    assert card.training["origin"] == {"name": "base", "sha256": base.model_sha256}
    assert card.labels == LABELS
    assert set(card.metrics) == {"validation", "test"}

    compared = before_after.compare(run)
    assert (compared["old"]["name"], compared["new"]["name"]) == ("base", "base with feedback")
    assert compared["on"][promotion.FROZEN]["images"] == 8
    assert compared["on"][promotion.HELD_OUT]["images"] == len(PEOPLE) * 4 - len(learnt)
    assert "No photo is kept" in compared["on"][promotion.PHOTOS]
    assert promotion.kept_comparison(run) == compared

    passing = {**compared, "refusals": []}
    (run.folder / promotion.FILE).write_text(json.dumps(passing))
    done = promotion.promote(store, run, passing, by="Rita")
    assert (done.model_before, done.model_after) == ("base", "base-with-feedback")
    assert settings.default_model() == "base-with-feedback"
    assert store.promotions() == [done]
    assert promotion.last_promotion(store) == done

    undone = promotion.undo(store)
    assert settings.default_model() == "base"
    assert store.promotions() == [undone]
    assert undone.undone is not None
    promoted = models.load("base-with-feedback", form="auto")
    assert promoted.form == "litert", "it answers without TensorFlow"
    with pytest.raises(FeedbackError, match="nothing to undo"):
        promotion.undo(store)


def test_a_deletion_leads_to_the_models_that_learnt_from_what_is_gone(
    store: Store, tiny_model: Model
) -> None:
    run = finished(store, tiny_model)
    faces = sorted(one.face for one in store.corrections() if one.held_out is False)
    card = read_card(run.model_folder / models.CARD_FILE)
    save_card(replace(card, training={"feedback": faces}), run.model_folder)
    run.add_to_models("newer")
    assert learning.outdated_models(store) == []
    gone = next(one for one in store.corrections() if one.held_out is False)
    theirs = store.delete(contributor=gone.contributor)
    found = {one.name: one for one in learning.outdated_models(store)}
    assert set(found) == {"newer", "base with feedback"}
    assert found["newer"].gone == len(theirs)
    assert found["newer"].learnt == len(theirs) + sum(
        one.held_out is False for one in store.corrections()
    )
    assert (found["newer"].is_run, found["base with feedback"].is_run) == (False, True)


def test_a_model_that_falls_on_the_frozen_test_is_not_promoted(
    store: Store, tiny_model: Model
) -> None:
    run = finished(store, tiny_model)
    refused = {**before_after.compare(run), "refusals": ["It falls."]}
    with pytest.raises(FeedbackError, match="It falls"):
        promotion.promote(store, run, refused, by="Rita")
    assert settings.default_model() == "base"
    assert store.promotions() == []


@pytest.fixture
def second_round(store: Store, tiny_model: Model) -> Run:
    """A run from `second`, the model in use, which learnt from corrections upon `base`.

    `base` is always right on the frozen test, where the others take each class for the other.
    """
    base = read_card(models.find("base") / models.CARD_FILE)
    right = Model.of(right_on(load_dataset("drawn", **SHAPE).select("test")), base)
    base = models.save(right.network, base, models.named("base"))
    swapped = replace(
        base,
        labels=LABELS[::-1],
        training={"feedback": ["0"], "origin": {"name": "base", "sha256": base.model_sha256}},
    )
    models.save(changed(right, 1.02), swapped, models.named("second"))
    settings.set_default_model("second")
    correct(store)
    run = learning.create_run(learning.plan(), state="finished")
    models.save(changed(right, 1.01), swapped, run.model_folder)
    return run


def right_on(faces: Dataset) -> keras.Model:
    """A network that answers right for all of these faces, of which there are few."""
    pixels = faces.pixels.reshape(len(faces), -1) / 255
    wanted = np.where(faces.index["label"].to_numpy()[:, None] == np.array(LABELS), 9.0, -9.0)
    inputs = keras.Input((24, 24, 1))
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    logits = keras.layers.Dense(2, use_bias=False)(flat)
    network = keras.Model(inputs, keras.layers.Softmax()(logits))
    network.set_weights([np.linalg.lstsq(pixels, wanted)[0]])
    return network


def test_a_fall_over_all_rounds_is_refused_though_the_last_round_fell_by_nothing(
    second_round: Run,
) -> None:
    compared = before_after.compare(second_round)
    assert promotion.refusals(compared["on"][promotion.FROZEN]) == []
    since = compared["on"][promotion.SINCE]
    assert (since["first"], since["first_accuracy"], since["second_accuracy"]) == ("base", 1, 0)
    assert len(compared["refusals"]) == 2
    assert all("points since 'base', the model before" in text for text in compared["refusals"])
    card = read_card(second_round.model_folder / models.CARD_FILE)
    assert not card.forms, "what cannot be promoted needs no other form"


def test_the_model_before_all_corrections_is_found_by_any_name_and_missed_by_a_sentence(
    second_round: Run,
) -> None:
    models.copy(models.find("base"), models.named("first"))
    shutil.rmtree(models.named("base"))
    assert before_after.compare(second_round)["on"][promotion.SINCE]["first"] == "first"
    shutil.rmtree(models.named("first"))
    compared = before_after.compare(second_round)
    assert "'base', the model before all corrections, is not" in compared["on"][promotion.SINCE]
    assert compared["refusals"] == []


def test_later_rounds_go_back_to_the_same_model(second_round: Run) -> None:
    origin = origin_of(second_round.local_config())
    assert origin["sha256"] == read_card(models.find("base") / models.CARD_FILE).model_sha256
    scratch = replace(second_round.config(), start_from="", start_share=0.0, teachers=())
    assert origin_of(scratch) == {}


def test_a_model_that_litert_cannot_run_is_compared_and_promoted_all_the_same(
    second_round: Run, caplog: pytest.LogCaptureFixture
) -> None:
    settings.set_default_model("base")
    card = read_card(models.find("base") / models.CARD_FILE)
    models.save(changed(models.load(), 1.01), card, second_round.model_folder)
    promotion.promote(open_store(), second_round, before_after.compare(second_round), by="Rita")
    assert "has no LiteRT form" in caplog.text
    assert models.load(form="auto").form == "keras"


def test_a_comparison_with_another_model_than_the_one_in_use_promotes_nothing(
    store: Store, tiny_model: Model
) -> None:
    run = finished(store, tiny_model)
    compared = {**before_after.compare(run), "refusals": []}
    (run.folder / promotion.FILE).write_text(json.dumps(compared))
    models.save(changed(tiny_model, 1.02), tiny_model.card, models.named("other"))
    settings.set_default_model("other")
    assert promotion.kept_comparison(run) is None
    with pytest.raises(FeedbackError, match="Compare them again"):
        promotion.promote(store, run, compared, by="Rita")
    assert settings.default_model() == "other"


@pytest.mark.parametrize("rule", settings.PROMOTION_RULES)
def test_the_rule_of_this_machine_promotes_a_better_model_once_its_run_is_finished(
    rule: str, store: Store, tiny_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_PROMOTION", rule)
    monkeypatch.setattr(before_after, "is_better", lambda compared: True)
    monkeypatch.setattr(before_after, "refusals", lambda frozen: [])
    run = finished(store, tiny_model)
    before_after.judge_finished()
    assert (run.folder / promotion.FILE).is_file()
    promoted = rule == "when-better"
    assert settings.default_model() == ("base-with-feedback" if promoted else "base")
    assert [one.by for one in store.promotions()] == ([""] if promoted else [])
    if promoted:
        promotion.undo(store)
        before_after.judge_finished()
        assert settings.default_model() == "base", "a person has undone it"


def test_a_run_that_cannot_be_compared_is_logged_and_keeps_none_from_being_compared(
    store: Store, tiny_model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    older = finished(store, tiny_model)
    newer = finished_run(tiny_model)
    (older.model_folder / models.CARD_FILE).write_text("{}")
    before_after.judge_finished()
    assert promotion.kept_comparison(newer) is not None
    assert f"'{older.name}' was not compared" in caplog.text


def test_a_promotion_that_failed_is_tried_again(
    store: Store, tiny_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_PROMOTION", "when-better")
    monkeypatch.setattr(before_after, "is_better", lambda compared: True)
    monkeypatch.setattr(before_after, "refusals", lambda frozen: [])
    run = finished(store, tiny_model)
    with monkeypatch.context() as fixed:
        fixed.setenv("FER_MODEL", "base")
        before_after.judge_finished()
    assert (run.folder / promotion.FILE).is_file()
    assert store.promotions() == []
    before_after.judge_finished()
    assert settings.default_model() == "base-with-feedback"


def test_a_run_of_the_queue_is_compared_by_its_worker(
    store: Store, wait_for: Callable[..., None]
) -> None:
    correct(store)
    run = learning.create_run(learning.plan())
    queue.submit(run)
    wait_for(run, "finished")
    process = queue._started[-1]
    assert process.wait(200) == 0
    assert promotion.kept_comparison(run) is not None


def test_without_an_accepted_correction_there_is_nothing_to_learn(store: Store) -> None:
    with pytest.raises(FeedbackError, match="no accepted correction to learn from"):
        learning.plan()


def test_a_model_whose_data_set_is_not_here_asks_for_another_one(
    store: Store, tiny_folder: Path, face_folder: Path
) -> None:
    correct(store)
    models.copy(tiny_folder, models.named("lost"))
    settings.set_default_model("lost")
    with pytest.raises(FeedbackError, match="'lost' was trained on 'tiny', which is not on this"):
        learning.plan()
    config = learning.plan(replay="drawn")
    assert (config.dataset, config.extra, config.start_from) == ("drawn", FEEDBACK, "lost")


def test_the_share_to_replay_follows_the_number_of_corrections(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(store)
    monkeypatch.setattr(learning, "LEAST_REPLAYED", 6)
    monkeypatch.setattr(learning, "REPLAYED", 0.5)
    learnt = len(load_dataset(FEEDBACK, validation_fraction=0).select("train"))
    assert learning.plan().replay == pytest.approx(max(6, learnt / 2) / 26, abs=1e-3)
    monkeypatch.setattr(learning, "REPLAYED", 100)
    assert learning.plan().replay == 1


def test_a_model_that_is_gone_cannot_be_undone_to(store: Store) -> None:
    before = promotion.Promotion(
        id=str(uuid4()), when=now(), by="Rita", rule="by-hand", model_before="gone",
        model_after="base", figures={},
    )  # fmt: skip
    store.record_promotion(before)
    with pytest.raises(ModelNotFoundError, match="'gone'"):
        promotion.undo(store)
    assert settings.default_model() == "base"
    assert store.promotions()[0].undone is None
