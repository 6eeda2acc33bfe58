"""Who can open the app, and what it keeps for the one who has."""

import hmac
import secrets
import threading
import time
from typing import Any

import streamlit as st

from fer.people import Action, may
from fer.web import is_private
from pages.common.screens import FOR_REVIEWERS, SCREENS

VISITOR_COOKIE = "fer_visitor"
"""Random and signed by this server; the browser drops it when it is closed."""
MAX_UPLOAD_MB = 200
"""Of one photo, archive of photos or video; it stays in memory. Data sets may be larger."""
KEPT_FOR_H = 4
KEPT_VISITORS = 8
KEPT_BYTES = 600_000_000
SHELF = "visitor.shelf"
"""Key in the session state of what is kept for a session whose browser is not known."""
_SECRET = secrets.token_bytes(32)


def are_local() -> bool:
    """Whether only people on this machine can open the app, who may see its paths."""
    return is_private(st.get_option("server.address"))


def may_open(screen: str) -> bool:
    """Whether a page, by its folder, works for the visitor."""
    return screen not in FOR_REVIEWERS or may(Action.REVIEW)


def new_cookie() -> str:
    """A value for the cookie of a browser that has none, which `is_known` recognises."""
    token = secrets.token_urlsafe(24)
    return f"{token}.{_signature(token)}"


def is_known(cookie: str) -> bool:
    """Whether this server made this value, and not somebody who wants others to be forgotten."""
    token, _, signature = cookie.rpartition(".")
    return hmac.compare_digest(signature.encode(), _signature(token).encode())


def _signature(token: str) -> str:
    return hmac.new(_SECRET, token.encode(), "sha256").hexdigest()


class Shelf(dict[str, Any]):
    """What is kept for one visitor, by key; use `lock` where two tabs must not do the same.

    A thing has `words`, what it is to the visitor. It may have `bytes_held`, its size in memory,
    and `close`, which ends what it does. Its key begins with the page's folder and a dot.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.used_at = time.monotonic()

    @property
    def bytes_held(self) -> int:
        """How much memory it takes, as far as the things on it know."""
        return sum(getattr(thing, "bytes_held", 0) for thing in list(self.values()))

    @property
    def words(self) -> list[str]:
        """Each thing on it under the title of its page."""
        return [
            f"{SCREENS[key.partition('.')[0]][0]}: {thing.words}"
            for key, thing in sorted(self.items())
        ]

    def close(self) -> None:
        """End what the things on it do."""
        for thing in list(self.values()):
            if close := getattr(thing, "close", None):
                close()

    def forget(self) -> None:
        """Drop all things, and what this session holds under their keys."""
        with self.lock:
            self.close()
            for key in list(self):
                del self[key]
                st.session_state.pop(key, None)


class Shelves:
    """The shelves of all visitors: few, of bounded size, and only for a time."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}  # the one used last is the last
        self._lock = threading.Lock()

    def of(self, visitor: str) -> Shelf:
        """A visitor's shelf, at the cost of those that were unused for longest."""
        with self._lock:
            shelf = self._shelves.pop(visitor, None)
            others, dropped = self._shelves, []
            held = sum(one.bytes_held for one in others.values())
            held += 0 if shelf is None else shelf.bytes_held
            now = time.monotonic()
            for name, other in list(others.items()):
                is_old = now - other.used_at > KEPT_FOR_H * 3600
                if is_old or len(others) >= KEPT_VISITORS or held > KEPT_BYTES:
                    held -= other.bytes_held
                    dropped.append(others.pop(name))
            if shelf is not None and now - shelf.used_at > KEPT_FOR_H * 3600:
                dropped.append(shelf)
                shelf = None
            shelf = others[visitor] = Shelf() if shelf is None else shelf
            shelf.used_at = now
        for one in dropped:
            one.close()
        return shelf


_SHELVES = Shelves()


def shelf() -> Shelf:
    """Results of long work, by key: they survive a change of page, Back, and a reload.

    The session state is empty after a reload; this is kept in memory for the browser that sends
    the same cookie, until it was not used for four hours, eight others came, or all of them hold
    more than 600 MB. Hold on to nothing of it: ask for it in every run.
    """
    cookie = st.context.cookies.get(VISITOR_COOKIE, "")
    if is_known(cookie):
        return _SHELVES.of(cookie)
    kept: Shelf = st.session_state.setdefault(SHELF, Shelf())
    return kept
