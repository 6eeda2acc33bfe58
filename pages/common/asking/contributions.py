"""What the visitor contributed, on the visitor's shelf, and the store that it goes to."""

from typing import TYPE_CHECKING

from fer.feedback.contribution import Contribution
from fer.importing import extras
from pages.common.visitors import shelf

if TYPE_CHECKING:
    from fer.feedback.store import Store

CONTRIBUTION = "corrections.contribution"
"""Key on the shelf."""


def contribution() -> Contribution:
    """What the visitor contributed so far, to look at."""
    given: Contribution | None = shelf().get(CONTRIBUTION)
    return given or Contribution(opened_store)


def contribute() -> Contribution:
    """The same, to add to it; it stays for as long as the visitor's shelf."""
    given: Contribution = shelf().setdefault(CONTRIBUTION, Contribution(opened_store))
    return given


def forget_contribution() -> None:
    """Forget the key and what waits, in this browser; what is in the store stays."""
    shelf().pop(CONTRIBUTION, None)


def opened_store() -> "Store":
    """The store of corrections. The first call imports SQLAlchemy and opens the database.

    Raises:
        FeedbackError: If the database cannot be opened.
        MissingPackageError: If SQLAlchemy is not installed.
    """
    with extras():
        from fer.feedback.store import open_store
    return open_store()
