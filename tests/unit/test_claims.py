from typing import Any

import pytest

from fer.claims import person_of
from fer.people import Person, Role

KIM = {"sub": "1", "email": "Kim@Example.org", "email_verified": True, "name": "Kim"}


@pytest.fixture(autouse=True)
def lists(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for variable in ("FER_ADMINS", "FER_EDITORS", "FER_VIEWERS", "FER_ROLE_CLAIM"):
        monkeypatch.delenv(variable, raising=False)
    return monkeypatch


def test_whoever_signs_in_is_a_viewer_unless_viewers_are_listed(lists: pytest.MonkeyPatch) -> None:
    assert person_of(KIM) == Person(name="kim@example.org", role=Role.VIEWER)
    lists.setenv("FER_VIEWERS", "lee@example.org")
    assert person_of(KIM).role == Role.NOBODY
    lists.setenv("FER_VIEWERS", "lee@example.org, *@example.org")
    assert person_of(KIM).role == Role.VIEWER


def test_of_several_lists_the_highest_role_counts(lists: pytest.MonkeyPatch) -> None:
    lists.setenv("FER_EDITORS", "*@example.org")
    assert person_of(KIM).role == Role.EDITOR
    lists.setenv("FER_ADMINS", " lee@example.org, KIM@example.org ,")
    assert person_of(KIM).role == Role.ADMIN


@pytest.mark.parametrize(
    "email",
    ["kim@example.org.evil.com", "kim@evil-example.org", "example.org", "", "*@example.org.evil"],
)
def test_an_address_that_is_only_alike_is_not_the_listed_one(
    lists: pytest.MonkeyPatch, email: str
) -> None:
    lists.setenv("FER_ADMINS", "kim@example.org,*@example.org")
    assert person_of(KIM | {"email": email}).role == Role.VIEWER


@pytest.mark.parametrize("verified", [False, None, "false", "yes"])
def test_an_address_that_the_provider_does_not_vouch_for_counts_for_nothing(
    lists: pytest.MonkeyPatch, verified: Any
) -> None:
    lists.setenv("FER_ADMINS", "kim@example.org")
    person = person_of(KIM | {"email_verified": verified})
    assert person == Person(name="Kim", role=Role.VIEWER)


@pytest.mark.parametrize(
    ("claim", "value", "role"),
    [
        ("roles", ["Editor", "other"], Role.EDITOR),
        ("roles", "admin", Role.ADMIN),
        ("realm_access.roles", {"roles": ["editor"]}, Role.EDITOR),
        ("https://example.org/roles", ["editor"], Role.EDITOR),
        ("roles", ["administrator"], Role.VIEWER),
        ("roles", [{"admin": 1}, 3, None], Role.VIEWER),
        ("roles", None, Role.VIEWER),
        ("roles", ["nobody", "visitor"], Role.VIEWER),
    ],
)
def test_the_claim_that_is_named_gives_a_role(
    lists: pytest.MonkeyPatch, claim: str, value: Any, role: Role
) -> None:
    lists.setenv("FER_ROLE_CLAIM", claim)
    name = claim.partition(".")[0] if claim.startswith("realm") else claim
    assert person_of(KIM | {name: value}).role == role


def test_lists_name_groups_of_the_claim_too(lists: pytest.MonkeyPatch) -> None:
    lists.setenv("FER_ADMINS", "fer-admins")
    assert person_of(KIM | {"groups": ["fer-admins"]}).role == Role.VIEWER
    lists.setenv("FER_ROLE_CLAIM", "groups")
    assert person_of(KIM | {"groups": ["fer-admins"]}).role == Role.ADMIN


def test_no_claim_counts_that_is_not_named(lists: pytest.MonkeyPatch) -> None:
    assert person_of(KIM | {"roles": ["admin"], "role": "admin", "": "admin"}).role == Role.VIEWER


def test_somebody_without_an_address_is_known_by_another_name() -> None:
    assert person_of({"sub": "7"}).name == "7"
    assert person_of({"sub": "7", "preferred_username": "kim", "name": "Kim K."}).name == "kim"
