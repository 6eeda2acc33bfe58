"""What is fed to the program: one class a kind, each in a module that imports what it needs."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from random import Random

KINDS = {
    "images": "files:Images",
    "archives": "files:Archives",
    "folders": "folders:Folders",
    "tables": "tables:Tables",
    "votes": "tables:Votes",
    "cards": "cards:Cards",
    "networks": "networks:Networks",
    "notes": "notes:Notes",
    "videos": "videos:Videos",
    "api": "requests:Requests",
    "queries": "pages:Queries",
}


class Kind:
    """A way into the program.

    Attributes:
        limit_s: How long one input may take.
    """

    limit_s = 60.0

    def __init__(self, folder: Path) -> None:
        """Prepare what all inputs share, which may be kept in the folder."""

    def feed(self, rng: Random, folder: Path) -> None:
        """Make an input from `rng` and feed it; whatever it raises but FerError is a fault."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of it."""


def kind_named(name: str) -> Callable[[Path], Kind]:
    """The class of a kind, which takes a folder for what all its inputs share."""
    module, _, made = KINDS[name].partition(":")
    found: Callable[[Path], Kind] = getattr(import_module(f"tests.fuzz.{module}"), made)
    return found
