import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fer import models, runs, settings
from fer.feedback import before_after, promotion
from fer.feedback.store import Store
from fer.models.card import ModelCard
from fer.runs.run import Run
from fer.training.config import TrainingConfig
from pages.feedback.before_after import _comparing

Keep = Callable[..., str]
Draw = Callable[..., AppTest]

CARD = ModelCard(
    name="base", labels=("happy", "sad", "surprise"), height=48, width=48, channels=1, framing={},
    data={"name": "synthetic"}, model_sha256="old",
)  # fmt: skip

FIGURES = {
    "first": "base", "second": "better", "first_leaked": 0, "second_leaked": 0,
    "images": 700, "first_accuracy": 0.8, "second_accuracy": 0.812, "difference": 0.012,
    "difference_ci95": [-0.004, 0.028], "first_recall": 0.75, "second_recall": 0.76,
    "recall_difference": 0.01, "recall_difference_ci95": [-0.02, 0.04], "p_value": 0.2,
}  # fmt: skip


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.success, app.warning, app.error)
    return " ".join(text.value for kind in kinds for text in kind)


def save(card: ModelCard, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / models.CARD_FILE).write_text(card.to_json())
    (folder / models.FORMS["keras"]).write_bytes(b"a network")


@pytest.fixture(autouse=True)
def base(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model `base`, which is in use and learnt drawn faces."""
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("FER_MODEL", raising=False)
    save(CARD, tmp_path / "models" / "base")
    settings.set_default_model("base")


@pytest.fixture
def run() -> Run:
    """A finished run whose model was compared with `base`, and may take its place."""
    made = runs.create(TrainingConfig(extra="feedback"), name="better", state="finished")
    learnt = replace(CARD, model_sha256="new", training={"feedback": ["a", "b", "c"]})
    save(learnt, made.model_folder)
    compare(made)
    return made


def compare(run: Run, *refusals: str) -> None:
    compared: dict[str, Any] = {
        "old": {"name": "base", "sha256": "old"},
        "new": {"name": "better", "sha256": "new"},
        "on": {
            promotion.FROZEN: FIGURES,
            promotion.HELD_OUT: FIGURES | {"images": 90, "p_value": 1e-5},
            promotion.PHOTOS: "No photo is kept.",
        },
        "refusals": list(refusals),
    }
    (run.folder / promotion.FILE).write_text(json.dumps(compared))


def test_without_an_accepted_correction_the_button_explains_what_is_missing(
    feedback_page: Draw, keep: Keep
) -> None:
    keep(1)
    app = feedback_page(feedback__view="learning")
    app.button(key="feedback.train").click().run()
    assert "Review what came in first" in words(app)
    assert runs.list_runs() == []


def test_a_model_whose_data_set_is_not_here_lets_the_visitor_choose_another(
    feedback_page: Draw, keep: Keep, tmp_path: Path
) -> None:
    keep(1)
    save(replace(CARD, name="lost", data={"name": "elsewhere"}), tmp_path / "models" / "lost")
    settings.set_default_model("lost")
    app = feedback_page(feedback__view="learning")
    assert "which is not on this machine" in words(app)
    assert app.selectbox(key="feedback.replay").options == ["synthetic"]


def test_a_better_model_is_promoted_by_name_and_one_click_brings_the_old_one_back(
    feedback_page: Draw, keep: Keep, store: Store, run: Run
) -> None:
    keep(1)
    app = feedback_page(feedback__view="learning")
    table = " ".join(html.value for html in app.get("html"))
    assert "Frozen test, 700 faces" in table
    assert "80.0% → <b>81.2%</b><small>+1.2 (−0.4 to +2.8)</small>" in table
    assert "&lt; 0.001" in table
    assert "My photos: No photo is kept." in words(app)
    assert app.button(key="feedback.promote").disabled
    app.text_input(key="feedback.reviewer").set_value("Ada").run()
    app.button(key="feedback.promote").click().run()
    assert not app.exception
    assert settings.default_model() == "better"
    assert [one.by for one in store.promotions()] == ["Ada"]
    assert "**better** is in use, in place of **base**" in words(app)
    app.button(key="feedback.undo_promotion").click().run()
    assert settings.default_model() == "base"
    assert store.promotions()[0].undone is not None


def test_a_model_that_falls_on_the_frozen_test_has_no_button_to_promote_it(
    feedback_page: Draw, keep: Keep, run: Run
) -> None:
    keep(1)
    compare(run, "On the frozen test, accuracy falls by 3.0 points.")
    app = feedback_page(feedback__view="learning")
    assert "It cannot be promoted" in words(app)
    assert "feedback.promote" not in {button.key for button in app.button}


def test_how_far_all_rounds_changed_the_frozen_test_stands_beside_the_last_one(
    feedback_page: Draw, keep: Keep, run: Run
) -> None:
    keep(1)
    compared = json.loads((run.folder / promotion.FILE).read_text())
    compared["on"][promotion.SINCE] = FIGURES | {"first": "<first>", "images": 1}
    (run.folder / promotion.FILE).write_text(json.dumps(compared))
    table = next(
        html.proto.body
        for html in feedback_page(feedback__view="learning").get("html")
        if "fer-figures" in html.proto.body
    )
    assert "Frozen test, since before all corrections (from &lt;first&gt;), 1 face<" in table


def test_a_model_that_learnt_from_corrections_that_are_gone_is_named(
    feedback_page: Draw, run: Run
) -> None:
    app = feedback_page()
    assert "No corrections yet" in words(app)
    assert "better" in app.warning[0].value
    assert "learnt from 3 corrected faces, of which 3 are no longer accepted" in words(app)


def test_a_run_at_work_shows_how_far_it_is_and_blocks_the_next(
    feedback_page: Draw, keep: Keep
) -> None:
    keep(1)
    made = runs.create(TrainingConfig(extra="feedback"), state="running")
    facts = {"epoch": 2, "epochs": 3, "batch": 5, "batches": 10, "eta_s": 40}
    made.write_status(**made.stored_status() | facts)
    with made.held():
        app = feedback_page(feedback__view="learning")
        assert app.button(key="feedback.train").disabled
        bars = [bar.proto.text for bar in app.get("progress")]
    assert bars == ["Epoch 2 of 3 · about 40 s left", "Batch 5 of 10"]


def test_a_second_click_waits_for_the_comparison_that_is_at_work(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, begun = Event(), []

    def compare(run: Run, **_: object) -> dict[str, Any]:
        begun.append(run.id)
        assert may_end.wait(60)
        return {}

    monkeypatch.setattr(before_after, "compare", compare)
    first = _comparing(run.id)
    time.sleep(1.2)
    assert _comparing(run.id) is first
    may_end.set()
    first.result()
    _comparing(run.id).result()  # another one: the models may be others by now
    assert begun == [run.id] * 2


def test_a_model_that_is_in_use_is_offered_no_comparison_with_itself(
    feedback_page: Draw, keep: Keep, run: Run
) -> None:
    keep(1)
    run.add_to_models("better")
    settings.set_default_model("better")
    app = feedback_page(feedback__view="learning")
    assert "The model of this training is in use." in words(app)
    assert {"feedback.compare", "feedback.promote"}.isdisjoint(one.key for one in app.button)
