"""What a request may do. Logins and keys will decide it here; now the server's address does."""

import os
from collections.abc import Callable, Collection, Iterable
from enum import StrEnum
from typing import Any

from fastapi import Depends
from starlette.requests import Request

from fer.errors import ConfigError
from fer.serving.problems import Problem
from fer.web import is_local


class Scope(StrEnum):
    """Something that a request needs to be allowed."""

    READ = "read"
    PREDICT = "predict"
    JOBS = "jobs"
    FEEDBACK = "feedback"


EVERYONE = (Scope.READ, Scope.PREDICT)
"""What needs no permission, wherever the server is reached from."""
GRANTABLE = (Scope.JOBS, Scope.FEEDBACK)
"""What is kept from others than this machine unless the server's owner allows it."""

VARIABLE = "FER_API_ALLOW"

Grants = Callable[[Request], Collection[Scope]]
"""What a request may do."""


def grants_at(address: str, allowed: Collection[Scope] = ()) -> Grants:
    """Everything on a loopback address; elsewhere what everyone may, and what is allowed."""
    granted = tuple(Scope) if is_local(address) else (*EVERYONE, *allowed)
    return lambda request: granted


def allowed(names: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes of these names, which the server's owner allows to others.

    Raises:
        ConfigError: If a name is none of `GRANTABLE`.
    """
    if unknown := set(names) - set(GRANTABLE):
        raise ConfigError(
            f"'{sorted(unknown)[0]}' cannot be allowed; expected {' or '.join(GRANTABLE)}."
        )
    return tuple(Scope(name) for name in sorted(set(names)))


def allowed_by_environment() -> tuple[Scope, ...]:
    """The same of the names in `FER_API_ALLOW`, separated by commas."""
    names = (name.strip() for name in os.environ.get(VARIABLE, "").split(","))
    return allowed([name for name in names if name])


def needs(scope: Scope) -> Any:
    """A dependency of a route: refuses a request that may not do it."""

    async def check(request: Request) -> None:  # a plain function would take a thread
        if scope not in request.app.state.grants(request):
            raise Problem(
                "not-allowed",
                f"This server can be reached from other machines, and so it does not offer "
                f"'{scope}' unless its owner allows it: FER_API_ALLOW={scope}.",
                scope=scope,
            )

    return Depends(check)
