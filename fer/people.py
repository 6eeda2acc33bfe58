"""Who does something, and whether they may: the one place that decides it.

Whatever changes something asks `require` where it does so, and pages ask `may` before they offer
it. On the command line the machine's own user acts, who may do everything. The app tells by
`ask_with` who opened a page.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from fer.errors import NotAllowedError


class Role(StrEnum):
    """What somebody is; each may do what those before it may."""

    NOBODY = "nobody"
    """Somebody who has to sign in first, or whom no list names."""
    VISITOR = "visitor"
    """Anybody on the network, where nobody can sign in."""
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


class Action(StrEnum):
    """Something that not everybody may do, in words that follow “may”."""

    PREDICT = "use models"
    KEEP = "keep results for later"
    CORRECT = "correct answers"
    ANNOTATE = "annotate faces or photos"
    TRAIN = "train networks"
    REVIEW = "review corrections"
    MANAGE_DATA = "add or remove data sets"
    MANAGE_MODELS = "add, change or remove models"


_LEAST = {
    Action.PREDICT: Role.VISITOR,
    Action.KEEP: Role.VIEWER,
    Action.CORRECT: Role.VIEWER,
    Action.ANNOTATE: Role.EDITOR,
    Action.TRAIN: Role.EDITOR,
    Action.REVIEW: Role.EDITOR,
    Action.MANAGE_DATA: Role.ADMIN,
    Action.MANAGE_MODELS: Role.ADMIN,
}
"""The least role that may do each."""

READ_ONLY = (
    "Read-only: this app can be opened from other machines, and nobody can sign in to it. You can "
    "use its models; nothing is kept."
)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who acts.

    Attributes:
        name: Their address or name, "" where nobody had to sign in.
        role: What they are.
    """

    name: str = ""
    role: Role = Role.ADMIN

    def may(self, action: Action) -> bool:
        """Whether they may do something."""
        ranks = list(Role)
        return ranks.index(self.role) >= ranks.index(_LEAST[action])

    def why_not(self, action: Action) -> str:
        """Why they may not do something, and who can change that; "" if they may."""
        if self.may(action):
            return ""
        if self.role == Role.NOBODY:
            return "Sign in first. If you did, ask whoever runs this app to give you a role."
        if self.role == Role.VISITOR:
            return READ_ONLY
        return (
            f"As {_with_article(self.role)} you may not {action}. That takes "
            f"{_with_article(_LEAST[action])}: ask whoever runs this app."
        )


def _with_article(role: Role) -> str:
    return f"{'an' if role[0] in 'ae' else 'a'} {role}"


OWNER = Person()
"""Whoever runs commands on this machine, or opens an app that only this machine reaches."""

_acting: ContextVar[Person | None] = ContextVar("acting", default=None)
_ask: Callable[[], Person | None] = lambda: None  # noqa: E731
_otherwise = OWNER


def ask_with(who: Callable[[], Person | None]) -> None:
    """Have `acting` ask this, which answers None where it does not know."""
    global _ask
    _ask = who


def trust_nobody_else() -> None:
    """From now on in this process, nobody acts whom neither `act_as` nor `ask_with` names.

    A server calls it: a thread that does not know for whom it works must not work for its owner.
    """
    global _otherwise
    _otherwise = Person(role=Role.NOBODY)


def acting() -> Person:
    """Who acts at the moment."""
    return _acting.get() or _ask() or _otherwise


@contextmanager
def act_as(person: Person) -> Iterator[None]:
    """Act for somebody inside; threads begun there do not unless they do the same."""
    token = _acting.set(person)
    try:
        yield
    finally:
        _acting.reset(token)


def may(action: Action) -> bool:
    """Whether the one who acts may do something."""
    return acting().may(action)


def require(action: Action) -> None:
    """Refuse what the one who acts may not do.

    Raises:
        NotAllowedError: If they may not.
    """
    if reason := acting().why_not(action):
        raise NotAllowedError(reason)
