"""The random key by which a contributor owns corrections; the store knows its hash alone."""

import hashlib
import secrets

from fer.errors import FeedbackError

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike."""
_LENGTH = 24


def new_key() -> str:
    """A contributor's new key, such as `p4sw-9xk2-…`: 24 letters and digits, 118 bits of chance."""
    letters = [secrets.choice(_LETTERS) for _ in range(_LENGTH)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, _LENGTH, 4))


def is_well_formed(key: str) -> bool:
    """Whether `new_key` can have made it; case, spaces and dashes do not matter."""
    plain = _plain(key)
    return len(plain) == _LENGTH and set(plain) <= set(_LETTERS)


def contributor_id(key: str) -> str:
    """The hash by which the store knows the owner of a key; case, spaces and dashes do not matter.

    Raises:
        FeedbackError: If the key is empty.
    """
    plain = _plain(key)
    if not plain:
        raise FeedbackError("The key is empty. Enter the key that you got with your correction.")
    return hashlib.sha256(f"fer contributor {plain}".encode()).hexdigest()[:32]


def _plain(key: str) -> str:
    return "".join(letter for letter in key.lower() if letter.isalnum())
