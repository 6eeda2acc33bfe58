import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fer import models, runs, settings
from fer.cli.main import app
from fer.feedback import before_after, learning, promotion
from fer.feedback.records import Correction, Status
from fer.feedback.store import open_store
from fer.models.card import ModelCard
from fer.runs.run import Run
from fer.training.config import TrainingConfig

CARD = ModelCard(
    name="base", labels=("happy", "sad"), height=48, width=48, channels=1, framing={},
    data={"name": "synthetic"}, model_sha256="old",
)  # fmt: skip

FIGURES = {
    "first": "base", "second": "better", "images": 700, "first_accuracy": 0.8,
    "second_accuracy": 0.812, "difference": 0.012, "difference_ci95": [-0.004, 0.028],
    "first_recall": 0.75, "second_recall": 0.76, "recall_difference": 0.01,
    "recall_difference_ci95": [-0.02, 0.04], "p_value": 0.2, "first_leaked": 0,
    "second_leaked": 0,
}  # fmt: skip


def feedback(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["feedback", *arguments])


def words(result: Result) -> str:
    return " ".join(result.output.split())


def save(card: ModelCard, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / models.CARD_FILE).write_text(card.to_json())
    (folder / models.FORMS["keras"]).write_bytes(b"a network")


@pytest.fixture(autouse=True)
def base(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model `base`, which is in use."""
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("FER_MODEL", raising=False)
    save(CARD, tmp_path / "models" / "base")
    settings.set_default_model("base")


@pytest.fixture
def run() -> Run:
    """A finished run whose model was compared with `base`, and may take its place."""
    made = runs.create(TrainingConfig(extra="feedback"), name="better", state="finished")
    learnt = replace(CARD, model_sha256="new", training={"feedback": ["a", "b"]})
    save(learnt, made.model_folder)
    compared = {
        "old": {"name": "base", "sha256": "old"}, "new": {"name": "better", "sha256": "new"},
        "on": {
            promotion.FROZEN: FIGURES, promotion.HELD_OUT: "None is held out.",
            promotion.PHOTOS: "No photo is kept.",
        },
        "refusals": [],
    }  # fmt: skip
    (made.folder / promotion.FILE).write_text(json.dumps(compared))
    return made


def test_a_model_is_compared_promoted_and_taken_back_on_the_command_line(run: Run) -> None:
    shown = words(feedback("compare"))
    assert "difference +1.2 points (95% interval −0.4 to +2.8)" in shown
    assert "Mean recall 75.0% and 76.0%" in shown
    assert "my photos: No photo is kept." in shown
    assert "It may be promoted" in shown
    assert json.loads(feedback("compare", "--json").stdout)["new"]["name"] == "better"

    assert "'better' is in use, in place of 'base'" in words(feedback("promote", "--by", "Ada"))
    assert settings.default_model() == "better"
    assert "'base' is in use again" in words(feedback("undo"))
    assert settings.default_model() == "base"
    again = feedback("undo")
    assert again.exit_code == 1
    assert "nothing to undo" in words(again)


def test_a_promotion_needs_a_name(run: Run) -> None:
    refused = feedback("promote", "--by", " ")
    assert refused.exit_code == 1
    assert "needs the name of who decides" in words(refused)
    assert settings.default_model() == "base"


def test_models_that_learnt_from_what_is_gone_are_listed(run: Run) -> None:
    run.add_to_models("newer")
    shown = words(feedback("models"))
    assert "The model 'newer' learnt from 2 corrected faces, of which 2 are no longer" in shown
    rows = json.loads(feedback("models", "--json").stdout)
    assert {(row["name"], row["run"], row["gone"]) for row in rows} == {
        ("newer", False, 2), ("better", True, 2),
    }  # fmt: skip


def test_a_run_that_learnt_nothing_from_corrections_is_not_compared(run: Run) -> None:
    runs.create(TrainingConfig(), name="other", state="finished")
    refused = feedback("compare", "--run", "other")
    assert refused.exit_code == 1
    assert "did not learn from corrections. Those that did: better." in words(refused)


def test_without_a_finished_run_the_command_that_begins_one_is_named() -> None:
    refused = feedback("compare")
    assert refused.exit_code == 1
    assert "python -m fer feedback train" in words(refused)


def test_training_without_an_accepted_correction_is_refused() -> None:
    refused = feedback("train")
    assert refused.exit_code == 1
    assert "no accepted correction to learn from" in words(refused)
    assert runs.list_runs() == []


def test_a_model_that_is_in_use_is_not_compared_with_itself(run: Run) -> None:
    feedback("promote", "--by", "Ada")
    kept = (run.folder / promotion.FILE).read_text()
    for command in (("compare",), ("promote", "--by", "Ada")):
        refused = feedback(*command)
        assert refused.exit_code == 1
        assert "The model of 'better' is in use already, as 'better'" in words(refused)
    assert len(open_store().promotions()) == 1
    feedback("undo")
    assert (run.folder / promotion.FILE).read_text() == kept
    assert "difference +1.2 points" in words(feedback("compare"))


def test_training_shows_what_the_rule_promoted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_PROMOTION", "when-better")
    compared = json.loads((run.folder / promotion.FILE).read_text())
    compared["on"][promotion.HELD_OUT] = FIGURES | {"difference_ci95": [0.01, 0.03]}
    (run.folder / promotion.FILE).unlink()

    def compare(judged: Run, **_: object) -> dict[str, Any]:
        assert settings.default_model() == "base"
        (judged.folder / promotion.FILE).write_text(json.dumps(compared))
        return compared

    monkeypatch.setattr(before_after, "compare", compare)
    monkeypatch.setattr(learning, "plan", lambda *_, **__: TrainingConfig(extra="feedback"))
    monkeypatch.setattr("fer.cli.train.train_in_terminal", lambda create: (run, None))
    shown = words(feedback("train"))
    assert "difference +1.2 points (95% interval −0.4 to +2.8)" in shown
    assert "The rule when-better promoted it: 'better' is in use, in place of 'base'." in shown
    assert "It may be promoted" not in shown
    assert settings.default_model() == "better"


def test_a_relative_path_to_replay_reaches_the_worker_in_full(
    face_folder: Path, make_correction: Callable[..., Correction], monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = {"labels": ("happy", "surprise"), "probabilities": (0.5, 0.5)}
    store = open_store()
    for seed in range(4):
        store.keep(make_correction(seed, contributor=f"{seed}" * 8, **labels))
    ids = [one.id for one in store.corrections()]
    store.review(ids, decision=Status.ACCEPTED, reviewer="Ada")
    save(replace(CARD, name="two", labels=labels["labels"]), models.named("two"))
    monkeypatch.chdir(face_folder.parent)
    submitted: list[Run] = []
    monkeypatch.setattr("fer.runs.queue.submit", submitted.append)
    detached = feedback("train", "--model", "two", "--replay", face_folder.name, "--detach")
    assert detached.exit_code == 0, detached.output
    assert [one.config().dataset for one in submitted] == [str(face_folder)]
    assert f"Started: {submitted[0].id}." in words(detached)


def test_copies_of_test_faces_of_the_data_set_to_replay_never_train(
    face_folder: Path, make_correction: Callable[..., Correction]
) -> None:
    copied = (face_folder / "test" / "happy" / "0.png").read_bytes()
    store = open_store()
    store.keep(make_correction(crop=copied))
    store.review([one.id for one in store.corrections()], decision="accepted", reviewer="Ada")
    refused = feedback("train", "--replay", str(face_folder))
    assert refused.exit_code == 1
    assert [one.status for one in store.corrections()] == [Status.QUARANTINED]
