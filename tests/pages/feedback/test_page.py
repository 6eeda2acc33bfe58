import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fer.data.registry import feedback_file
from fer.feedback import known_faces
from fer.feedback.records import now
from fer.feedback.store import Store

Keep = Callable[..., str]
Draw = Callable[..., AppTest]


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.success, app.warning, app.error)
    return " ".join(text.value for kind in kinds for text in kind)


def chosen(ids: list[str]) -> dict[str, Any]:
    """The session state of a reviewer who has chosen these corrections."""
    return {"chosen": ids, "feedback__reviewer": "Ada"}


def button(app: AppTest, key: str) -> Any:
    return app.button(key=key)


def statuses(store: Store) -> dict[str, str]:
    return {one.id: one.status for one in store.corrections(with_crops=False)}


def test_an_empty_page_leads_to_where_people_are_asked(feedback_page: Draw) -> None:
    app = feedback_page()
    assert "No corrections yet" in words(app)
    assert "Was this right?" in words(app)


def test_a_database_that_is_away_is_a_sentence_with_a_way_to_try_again(
    feedback_page: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database, but text" * 500)
    monkeypatch.setenv("FER_DATABASE_URL", f"sqlite:///{broken}")
    app = feedback_page()
    assert "cannot be used" in app.error[0].value
    assert button(app, "feedback.retry")


def test_nothing_can_be_decided_before_the_reviewer_has_a_name(
    feedback_page: Draw, keep: Keep, store: Store
) -> None:
    app = feedback_page(chosen=[keep(1)])
    assert button(app, "feedback.choice.accept").disabled
    assert "To decide, type your name" in words(app)
    app.text_input(key="feedback.reviewer").set_value("Ada").run()
    assert not button(app, "feedback.choice.accept").disabled


def test_whoever_signed_in_decides_under_that_name_and_types_none(
    app: AppTest,
    feedback_page: Draw,
    keep: Keep,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FER_EDITORS", "eve@example.org")
    app.secrets["auth"] = {"client_id": "fer"}
    app.user = {"is_logged_in": True, "email": "eve@example.org", "email_verified": True}
    app = feedback_page(**chosen([keep(1)]))
    assert "feedback.reviewer" not in {field.key for field in app.text_input}
    button(app, "feedback.choice.accept").click().run()
    assert [review.reviewer for review in store.reviews()] == ["eve@example.org"]


def test_chosen_corrections_are_accepted_together_and_that_can_be_undone(
    feedback_page: Draw, keep: Keep, store: Store
) -> None:
    one, two, other = keep(1), keep(2), keep(3)
    app = feedback_page(**chosen([one, two]))
    button(app, "feedback.choice.accept").click().run()
    assert statuses(store) == {one: "accepted", two: "accepted", other: "new"}
    assert "2 corrections accepted." in words(app)
    assert {review.reviewer for review in store.reviews()} == {"Ada"}
    button(app, "feedback.undo.button").click().run()
    assert set(statuses(store).values()) == {"new"}


def test_undo_gives_back_the_label_of_an_earlier_review(
    feedback_page: Draw, keep: Keep, store: Store
) -> None:
    one, two = keep(1), keep(2)
    store.review([one], decision="accepted", reviewer="Bo", label="sad")
    app = feedback_page(feedback__status="", **chosen([one, two]))
    button(app, "feedback.choice.reject").click().run()
    assert set(statuses(store).values()) == {"rejected"}
    button(app, "feedback.undo.button").click().run()
    assert statuses(store) == {one: "accepted", two: "new"}
    assert store.corrections(ids=[one])[0].label == "sad"


def test_undo_gives_back_the_reason_of_an_earlier_rejection(
    feedback_page: Draw, keep: Keep, store: Store
) -> None:
    one = keep(1)
    store.review([one], decision="rejected", reviewer="Bo", reason="blurred")
    app = feedback_page(feedback__status="", **chosen([one]))
    button(app, "feedback.choice.accept").click().run()
    button(app, "feedback.undo.button").click().run()
    [now] = store.corrections(ids=[one])
    assert (now.status, now.reason) == ("rejected", "blurred")


def test_a_correction_is_accepted_as_another_emotion(
    feedback_page: Draw, keep: Keep, store: Store
) -> None:
    one = keep(1)
    app = feedback_page(**chosen([one]))
    button(app, "feedback.choice.as.sad").click().run()
    [now] = store.corrections()
    assert (now.status, now.label) == ("accepted", "sad")


def test_only_emotions_that_all_models_know_are_offered(feedback_page: Draw, keep: Keep) -> None:
    one = keep(1)
    two = keep(2, labels=("happy", "fear"), probabilities=(0.4, 0.6))
    app = feedback_page(**chosen([one, two]))
    offered = [button.key for button in app.button if ".as." in str(button.key)]
    assert offered == ["feedback.choice.as.happy"]


def test_filters_let_through_what_they_name(feedback_page: Draw, keep: Keep) -> None:
    keep(1)
    keep(1, contributor="b" * 32, verdict="sad")
    keep(3, verdict="surprise")
    app = feedback_page(feedback__finding="disputed")
    assert "**2** of 3 corrections" in words(app)
    app = feedback_page(feedback__finding="confirms")
    assert "**1** of 3 corrections" in words(app)
    app = feedback_page(feedback__status="rejected", feedback__finding="")
    assert "No correction fits these filters" in words(app)


def test_in_whatever_order_a_review_that_is_done_is_congratulated(
    feedback_page: Draw, keep: Keep, store: Store
) -> None:
    store.review([keep(1)], decision="accepted", reviewer="Ada")
    app = feedback_page(feedback__sort="newest")
    assert "Nothing is left to review." in words(app)


def test_an_open_correction_shows_what_is_known_and_opens_the_next_after_a_decision(
    feedback_page: Draw, keep: Keep, store: Store
) -> None:
    first, second = keep(1, larger_crop=None), keep(2)
    keep(1, contributor="b" * 32, verdict="sad")
    app = feedback_page(feedback__face=first, feedback__reviewer="Ada", feedback__sort="oldest")
    shown = words(app)
    assert "The model answered **surprise**, 70%." in shown
    assert "The same face, or nearly so: 1 other correction" in shown
    button(app, "feedback.open.accept").click().run()
    assert statuses(store)[first] == "accepted"
    assert app.session_state["feedback.face"] == second


def test_a_quarantined_correction_cannot_be_decided(
    feedback_page: Draw, keep: Keep, store: Store
) -> None:
    one = keep(1)
    store.quarantine([one], "a test face")
    app = feedback_page(feedback__face=one, feedback__status="", feedback__reviewer="Ada")
    assert "In quarantine: a test face" in words(app)
    assert not [one for one in app.button if str(one.key).startswith("feedback.open.accept")]


def crowd(keep: Keep) -> str:
    """Nine honest people, and one who always chooses the same."""
    for person in range(9):
        for seed in range(12):
            verdict = ("happy", "sad", "surprise")[seed % 3]
            keep(100 * person + seed, contributor=f"{person}" * 32, verdict=verdict)
    lazy = "f" * 32
    for seed in range(25):
        keep(2000 + seed, contributor=lazy, verdict="sad")
    return lazy


def test_a_suspicious_contributor_is_named_with_numbers_and_rejected_as_a_whole(
    feedback_page: Draw, keep: Keep, store: Store
) -> None:
    lazy = crowd(keep)
    app = feedback_page(feedback__view="people", feedback__reviewer="Ada")
    shown = words(app)
    assert "ffffffff" in shown
    assert "Chose “sad” for 2" in shown
    button(app, f"feedback.{lazy}.reject").click().run()
    theirs = store.corrections(contributor=lazy, with_crops=False)
    assert {one.status for one in theirs} == {"rejected"}
    assert {one.reason for one in theirs} == {"suspicious contributor"}
    assert len(store.corrections(status="rejected")) == len(theirs)


def test_what_is_too_old_is_deleted_while_the_app_runs(
    feedback_page: Draw, keep: Keep, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(1, created=now() - timedelta(days=31))
    new = keep(2)
    app = feedback_page()
    assert len(store.corrections()) == 2
    monkeypatch.setenv("FER_FEEDBACK_DAYS", "30")
    app.run()
    assert [one.id for one in store.corrections()] == [new]


@pytest.mark.parametrize("view", ["overview", "history", "learning"])
def test_every_view_is_drawn(feedback_page: Draw, keep: Keep, store: Store, view: str) -> None:
    ids = [keep(seed, verdict="not_a_face" if seed == 3 else "happy") for seed in range(4)]
    keep(1, contributor="b" * 32)
    store.review(ids[:2], decision="accepted", reviewer="Ada")
    app = feedback_page(feedback__view=view)
    assert not app.error


@pytest.mark.parametrize("view", ["history", "learning"])
def test_a_view_that_needs_no_test_faces_does_not_wait_for_them(
    feedback_page: Draw, keep: Keep, view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    are_ready = Event()
    monkeypatch.setattr(known_faces, "prepare", lambda progress: are_ready.wait(600))
    keep(1)
    try:
        app = feedback_page(feedback__view=view)
    finally:
        are_ready.set()
    assert not app.error


def test_accepting_makes_the_data_set_without_another_click(
    feedback_page: Draw, keep: Keep, store: Store
) -> None:
    app = feedback_page(**chosen([keep(1)]))
    button(app, "feedback.choice.accept").click().run()
    until = time.monotonic() + 60
    while not feedback_file().is_file() and time.monotonic() < until:
        time.sleep(0.2)
    assert feedback_file().is_file()
