import re
from datetime import UTC, datetime

import pytest

from fer.errors import AccessError
from fer.serving.keys import ApiKey, Scope, hash_of, id_of, new_key, scopes_of


def kept(key: str, revoked: datetime | None = None) -> ApiKey:
    now = datetime.now(UTC)
    return ApiKey(
        id=id_of(key), name="phone", scopes=(Scope.READ,), hash=hash_of(key), created=now,
        created_by="", revoked=revoked,
    )  # fmt: skip


def test_no_two_keys_are_alike_and_each_begins_with_its_id() -> None:
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    for key in keys:
        assert re.fullmatch(r"fer_[a-z2-9]{8}_[a-z2-9]{32}", key)
        assert key.startswith(f"{id_of(key)}_")


def test_what_is_kept_of_a_key_recognises_it_and_does_not_contain_it() -> None:
    key = new_key()
    assert kept(key).is_opened_by(key)
    assert not kept(key).is_opened_by(new_key())
    assert not kept(key).is_opened_by("ä")
    assert key.rpartition("_")[2] not in repr(kept(key))


def test_a_revoked_key_opens_nothing() -> None:
    key = new_key()
    assert not kept(key, revoked=datetime.now(UTC)).is_opened_by(key)


def test_scopes_are_named_each_once_and_in_one_order() -> None:
    assert scopes_of(["jobs", "read", "jobs"]) == (Scope.READ, Scope.JOBS)
    with pytest.raises(AccessError, match=r"no scope 'everything'.*read, predict"):
        scopes_of(["read", "everything"])
    with pytest.raises(AccessError, match="needs a scope"):
        scopes_of([])
