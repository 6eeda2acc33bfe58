"""The keys of the HTTP API: what one is and allows. Nothing but its hash is kept of the secret."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fer.errors import AccessError

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike."""
_ID_LENGTH = 8
_SECRET_LENGTH = 32
"""158 bits of chance: too many to guess, and so a plain hash is enough."""
MAX_NAME = 80


class Scope(StrEnum):
    """Something that a request needs to be allowed."""

    READ = "read"
    PREDICT = "predict"
    JOBS = "jobs"
    FEEDBACK = "feedback"


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """What is kept of a key.

    Attributes:
        id: Its beginning, which stays readable: `fer_` and eight letters or digits.
        name: Whose it is, or what it is for.
        scopes: What it allows.
        hash: Of the whole key, in hexadecimal.
        created: When it was made.
        created_by: Who made it.
        revoked: Since when it is refused; None while it is valid.
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    hash: str
    created: datetime
    created_by: str
    revoked: datetime | None = None

    def is_opened_by(self, key: str) -> bool:
        """Whether this is the key, and not revoked."""
        return self.revoked is None and hmac.compare_digest(self.hash, hash_of(key))


def new_key() -> str:
    """A new key, such as `fer_p4sw9xk2_…`."""
    return f"fer_{_random(_ID_LENGTH)}_{_random(_SECRET_LENGTH)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def id_of(key: str) -> str:
    """The readable part of a key, or of anything that is sent as one."""
    return key.rpartition("_")[0]


def hash_of(key: str) -> str:
    """The hash by which a key is recognised."""
    return hashlib.sha256(key.encode()).hexdigest()


def scopes_of(names: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes of these names, each once.

    Raises:
        AccessError: If a name is no scope's, or there is none.
    """
    wanted: Collection[str] = set(names)
    if unknown := sorted(set(wanted) - set(Scope)):
        raise AccessError(f"There is no scope '{unknown[0]}'. Expected one of: {', '.join(Scope)}.")
    if not wanted:
        raise AccessError(f"A key needs a scope. Name one or several of: {', '.join(Scope)}.")
    return tuple(scope for scope in Scope if scope in wanted)
