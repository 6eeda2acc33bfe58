from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from fer.errors import AccessError
from fer.feedback.database import Database
from fer.serving.key_store import KeyStore, open_keys_if_any
from fer.serving.keys import Scope


@pytest.fixture
def store(url: str) -> KeyStore:
    return KeyStore(Database(url))


def test_a_key_is_kept_as_a_hash_with_what_it_allows(store: KeyStore) -> None:
    made, key = store.add("phone", ["predict", "read"], by="kim")
    assert made.scopes == (Scope.READ, Scope.PREDICT)
    assert store.keys() == [made]
    assert made.is_opened_by(key)
    with store._database.reading() as connection:
        [row] = connection.execute(text("SELECT * FROM api_keys"))
    assert key.rpartition("_")[2] not in str(row)
    assert row.created_by == "kim"


def test_a_revoked_key_stays_listed_and_its_name_is_free_again(store: KeyStore) -> None:
    first, key = store.add("phone", ["predict"])
    store.add("tablet", ["predict"])
    assert store.revoke("phone").id == first.id
    store.add("phone", ["predict"])
    listed = store.keys()
    assert [one.name for one in listed] == ["phone", "tablet", "phone"]
    assert [one.revoked is None for one in listed] == [False, True, True]
    assert not listed[0].is_opened_by(key)


def test_a_key_is_revoked_by_its_beginning_too_and_only_once(store: KeyStore) -> None:
    made, _ = store.add("phone", ["predict"])
    assert store.revoke(made.id).revoked is not None
    with pytest.raises(AccessError, match="no valid key"):
        store.revoke(made.id)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 81, "fer_abc"])
def test_a_name_that_nobody_could_read_or_tell_apart_is_refused(store: KeyStore, name: str) -> None:
    with pytest.raises(AccessError, match="1 to 80"):
        store.add(name, ["predict"])
    assert store.keys() == []


def test_of_many_that_take_a_name_at_once_one_gets_it(store: KeyStore) -> None:
    def add(_: int) -> bool:
        try:
            store.add("phone", ["predict"])
        except AccessError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(add, range(6))) == 1


def test_no_database_is_made_to_look_for_keys(own_home: Path) -> None:
    assert open_keys_if_any() is None
    assert not own_home.exists()
