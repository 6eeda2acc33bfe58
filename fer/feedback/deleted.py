"""The ids of deleted corrections, so that one that is sent again late does not come back.

Only hashes are kept: nothing leads from these to what a correction was, or whose.
"""

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from fer.feedback.rows import chunks
from fer.feedback.tables import DELETED


def remember_deleted(connection: Connection, ids: Iterable[str]) -> None:
    """Note that corrections with these ids were deleted."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(DELETED).on_conflict_do_nothing()
    for some in chunks(ids):
        connection.execute(insert, [{"id_hash": _hash(id)} for id in some])


def was_deleted(connection: Connection, id: str) -> bool:
    """Whether a correction with this id was deleted."""
    query = select(DELETED).where(DELETED.c.id_hash == _hash(id))
    return connection.execute(query).first() is not None


def _hash(id: str) -> str:
    return hashlib.sha256(f"fer correction {id}".encode()).hexdigest()
