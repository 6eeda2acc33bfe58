from concurrent.futures import ThreadPoolExecutor

import pytest

from fer import people
from fer.errors import NotAllowedError
from fer.people import OWNER, READ_ONLY, Action, Person, Role

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
