"""From what an OpenID provider states about somebody to a person with a role."""

from collections.abc import Mapping
from typing import Any

from fer import settings
from fer.people import Person, Role

_LISTED = (Role.ADMIN, Role.EDITOR, Role.VIEWER)
"""The highest role comes first: whoever is on several lists has that one."""


def person_of(claims: Mapping[str, Any]) -> Person:
    """Somebody who signed in, with the role that claims and lists give them.

    Args:
        claims: Of the provider. An `email` counts only where `email_verified` is true, because
            some providers let people enter any.
    """
    address = _address(claims)
    names = (address, claims.get("preferred_username"), claims.get("name"), claims.get("sub"))
    found = (_printable(one) for one in names if isinstance(one, str))
    return Person(name=next(filter(None, found), "somebody"), role=_role(address, _values(claims)))


def _role(address: str, values: frozenset[str]) -> Role:
    """Lists name addresses, `*@example.org`, and values of the claim; that names roles itself."""
    for role in _LISTED:
        listed = settings.people_listed(role)
        is_listed = bool(address) and any(_fits(address, one) for one in listed)
        if is_listed or values & {role.value, *listed}:
            return role
    return Role.NOBODY if settings.people_listed(Role.VIEWER) else Role.VIEWER


def _fits(address: str, listed: str) -> bool:
    return address == listed or (listed.startswith("*@") and address.endswith(listed[1:]))


def _address(claims: Mapping[str, Any]) -> str:
    """The address that the provider vouches for, in lower case; "" without one."""
    verified = claims.get("email_verified")
    is_verified = verified is True or verified == "true"  # some write it as a text
    return str(claims.get("email") or "").strip().lower() if is_verified else ""


def _printable(name: str) -> str:
    """A name that stays on its line."""
    return "".join(letter for letter in " ".join(name.split()) if letter.isprintable())[:100]


def _values(claims: Mapping[str, Any]) -> frozenset[str]:
    """The values of the claim that `FER_ROLE_CLAIM` names; dots lead into objects."""
    if not (name := settings.role_claim()):
        return frozenset()
    found: Any = claims.get(name) if name in claims else claims
    for part in name.split(".") if name not in claims else ():
        found = found.get(part) if isinstance(found, Mapping) else None
    many = found if isinstance(found, list | tuple) else [found]
    return frozenset(one.strip().lower() for one in many if isinstance(one, str) and one.strip())
