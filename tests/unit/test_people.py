import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from fer import api, people, runs, settings
from fer.data import Dataset, add, annotations, remove
from fer.data.annotations import Annotation
from fer.data.loading import load_dataset
from fer.data.registry import feedback_source, register
from fer.data.uploads import add_upload
from fer.errors import NotAllowedError
from fer.evaluation import contract_search
from fer.feedback.promotion import promote
from fer.feedback.promotion import undo as undo_promotion
from fer.feedback.records import Correction
from fer.feedback.store import Store
from fer.inference import kept_photos
from fer.models import adoption, management
from fer.people import OWNER, READ_ONLY, Action, Person, Role
from fer.runs import queue
from fer.runs.run import Run
from fer.training.config import TrainingConfig

MAY = {
    Role.NOBODY: set(),
    Role.VISITOR: {Action.PREDICT},
    Role.VIEWER: {Action.PREDICT, Action.KEEP, Action.CORRECT},
    Role.EDITOR: {
        Action.PREDICT, Action.KEEP, Action.CORRECT, Action.ANNOTATE, Action.TRAIN, Action.REVIEW,
    },
    Role.ADMIN: {
        Action.PREDICT, Action.KEEP, Action.CORRECT, Action.ANNOTATE, Action.TRAIN, Action.REVIEW,
        Action.MANAGE_DATA, Action.MANAGE_MODELS,
    },
}  # fmt: skip


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_the_table_has_and_nothing_else(role: Role, action: Action) -> None:
    person = Person(role=role)
    assert person.may(action) == (action in MAY[role])
    assert bool(person.why_not(action)) != person.may(action)
    with people.act_as(person):
        assert people.may(action) == person.may(action)
        if person.may(action):
            people.require(action)
        else:
            with pytest.raises(NotAllowedError):
                people.require(action)


def test_a_refusal_names_the_role_that_is_needed() -> None:
    assert Person(role=Role.VIEWER).why_not(Action.TRAIN) == (
        "As a viewer you may not train networks. That takes an editor: ask whoever runs this app."
    )
    assert "takes an admin" in Person(role=Role.EDITOR).why_not(Action.MANAGE_DATA)
    assert Person(role=Role.VISITOR).why_not(Action.TRAIN) == READ_ONLY
    assert "Sign in" in Person(role=Role.NOBODY).why_not(Action.PREDICT)


def test_the_owner_acts_where_nobody_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_ask", lambda: None)
    assert people.acting() == OWNER
    kim = Person(name="kim", role=Role.VIEWER)
    monkeypatch.setattr(people, "_ask", lambda: kim)
    assert people.acting() == kim
    with people.act_as(OWNER):
        assert people.acting() == OWNER
    assert people.acting() == kim


def test_a_thread_of_a_server_that_works_for_nobody_may_do_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(people, "_ask", lambda: None)
    monkeypatch.setattr(people, "_otherwise", OWNER)
    people.trust_nobody_else()
    with people.act_as(OWNER), ThreadPoolExecutor(1) as pool:
        assert people.may(Action.TRAIN)
        assert not pool.submit(people.may, Action.PREDICT).result()


NOWHERE = Path("nowhere")
RUN = Run(NOWHERE)
STORE = Store.__new__(Store)
"""Not even a database: who may not do something must not get as far as that."""

DONE_BY: list[tuple[Action, str, Callable[[Dataset], object]]] = [
    (Action.KEEP, "read a data set", lambda data: load_dataset("synthetic", height=16, width=16)),
    (Action.ANNOTATE, "annotate", lambda data: annotations.annotate(data, ["0.png"])),
    (Action.ANNOTATE, "annotate each",
     lambda data: annotations.annotate_each(data, {"0.png": Annotation(hash="0")})),
    (Action.ANNOTATE, "undo", lambda data: annotations.undo("synthetic")),
    (Action.ANNOTATE, "keep a photo", lambda data: kept_photos.keep("a.png", b"", "happy")),
    (Action.ANNOTATE, "relabel a photo", lambda data: kept_photos.relabel("happy/a", "sad")),
    (Action.ANNOTATE, "remove a photo", lambda data: kept_photos.remove("happy/a.png")),
    (Action.ANNOTATE, "remove photos", lambda data: kept_photos.remove_all()),
    (Action.TRAIN, "create a run", lambda data: runs.create(TrainingConfig())),
    (Action.TRAIN, "queue a run", lambda data: queue.submit(RUN)),
    (Action.TRAIN, "stop a run", lambda data: queue.stop(RUN)),
    (Action.TRAIN, "pause a run", lambda data: RUN.request("pause")),
    (Action.TRAIN, "rename a run", lambda data: RUN.rename("mine")),
    (Action.TRAIN, "note", lambda data: RUN.write_notes("mine")),
    (Action.TRAIN, "remove a run", lambda data: RUN.remove()),
    (Action.REVIEW, "review", lambda data: Store.review(STORE, [], decision="new", reviewer="x")),
    (Action.MANAGE_DATA, "add", lambda data: add(NOWHERE)),
    (Action.MANAGE_DATA, "upload", lambda data: add_upload(io.BytesIO(), name="x")),
    (Action.MANAGE_DATA, "register",
     lambda data: register(replace(feedback_source(), name="mine"))),
    (Action.MANAGE_DATA, "remove", lambda data: remove("mine")),
    (Action.MANAGE_MODELS, "add a model", lambda data: RUN.add_to_models("mine")),
    (Action.MANAGE_MODELS, "rename a model", lambda data: management.rename("a", "b")),
    (Action.MANAGE_MODELS, "copy a model", lambda data: management.copy("a", "b")),
    (Action.MANAGE_MODELS, "remove a model", lambda data: management.remove("a")),
    (Action.MANAGE_MODELS, "adopt", lambda data: adoption.adopt(NOWHERE, ["a"], out=NOWHERE)),
    (Action.MANAGE_MODELS, "check", lambda data: contract_search.check_contract("a", data)),
    (Action.MANAGE_MODELS, "export", lambda data: api.export("a", data)),
    (Action.MANAGE_MODELS, "calibrate", lambda data: api.calibrate("a", data)),
    (Action.MANAGE_MODELS, "choose", lambda data: settings.set_default_model("a")),
    (Action.MANAGE_MODELS, "promote", lambda data: promote(STORE, RUN, {}, by="x")),
    (Action.MANAGE_MODELS, "undo a promotion", lambda data: undo_promotion(STORE)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "do"),
    [(action, do) for action, _, do in DONE_BY],
    ids=[name for _, name, _ in DONE_BY],
)
def test_what_changes_something_is_refused_where_it_is_done(
    action: Action,
    do: Callable[[Dataset], object],
    tiny_dataset: Dataset,
    own_home: Path,
) -> None:
    for role in Role:
        if not Person(role=role).may(action):
            with people.act_as(Person(role=role)), pytest.raises(NotAllowedError):
                do(tiny_dataset)
    assert not own_home.exists()


def test_a_correction_is_refused_to_those_for_whom_nothing_is_kept(
    make_correction: Callable[..., Correction],
) -> None:
    with people.act_as(Person(role=Role.VISITOR)), pytest.raises(NotAllowedError):
        Store.keep(STORE, make_correction())
