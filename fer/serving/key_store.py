"""Where the keys of the HTTP API are kept: the database of corrections has a table for them."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from fer import settings
from fer.errors import AccessError
from fer.feedback.database import Database
from fer.feedback.records import now
from fer.feedback.tables import API_KEYS
from fer.serving.keys import MAX_NAME, ApiKey, Scope, hash_of, id_of, new_key, scopes_of


class KeyStore:
    """Keys in a database; every method raises FeedbackUnavailable if that cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, scopes: Iterable[str], by: str = "") -> tuple[ApiKey, str]:
        """Make a key.

        Args:
            name: Whose it is, or what it is for; no other valid key has it.
            scopes: What it allows.
            by: Who makes it.

        Returns:
            What is kept, and the key itself, which nothing can show again.

        Raises:
            AccessError: If the name is empty, too long or taken, or a scope is unknown.
        """
        name = name.strip()
        if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name.startswith("fer_"):
            raise AccessError(
                f"A key's name has 1 to {MAX_NAME} printable characters, and 'fer_' does not begin "
                "it. Name what the key is for."
            )
        key = new_key()
        made = ApiKey(
            id=id_of(key), name=name, scopes=scopes_of(scopes), hash=hash_of(key),
            created=now(), created_by=by,
        )  # fmt: skip
        dialect = sqlite if self._database.is_sqlite else postgresql
        insert = dialect.insert(API_KEYS).values(asdict(made)).on_conflict_do_nothing()
        with self._database.writing() as connection:
            if connection.scalar(insert.returning(API_KEYS.c.id)) is None:
                raise AccessError(
                    f"There is a key '{name}' already. Choose another name, or revoke that one."
                )
        return made, key

    def keys(self) -> list[ApiKey]:
        """All keys, those included that are revoked, oldest first."""
        query = select(API_KEYS).order_by(API_KEYS.c.created, API_KEYS.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [_key(row) for row in rows]

    def revoke(self, name_or_id: str) -> ApiKey:
        """Refuse a key from now on; what is known of it stays in the list.

        Raises:
            AccessError: If no valid key has that name or id.
        """
        named = (API_KEYS.c.name == name_or_id) | (API_KEYS.c.id == name_or_id)
        valid = API_KEYS.c.revoked.is_(None)
        update = API_KEYS.update().where(named, valid).values(revoked=now())
        with self._database.writing() as connection:
            row = connection.execute(update.returning(*API_KEYS.c)).first()
        if row is None:
            raise AccessError(
                f"There is no valid key '{name_or_id}'. List them with: python -m fer keys list"
            )
        return _key(row)


def _key(row: Row[Any]) -> ApiKey:
    values = dict(row._mapping)
    values["scopes"] = tuple(Scope(scope) for scope in values["scopes"])
    return ApiKey(**values)


def open_keys() -> KeyStore:
    """The store of keys in the database that `FER_DATABASE_URL` names, else in FER_HOME.

    Raises:
        ConfigError: If the setting names no database.
        FeedbackUnavailable: If the database cannot be used.
    """
    return KeyStore(Database(settings.database_url()))


def open_keys_if_any() -> KeyStore | None:
    """The same, but None where the database is a file that nobody has made yet."""
    with suppress(ArgumentError):
        url = make_url(settings.database_url())
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            return None
    return open_keys()
