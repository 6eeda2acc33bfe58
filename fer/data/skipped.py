"""What of a source is not used, counted by reason."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """The files and rows that are skipped for one reason.

    Attributes:
        reason: Why.
        paths: Which, in the order of the source.
    """

    reason: str
    paths: tuple[str, ...]

    def listed(self, most: int) -> str:
        """The first of the paths, and how many more there are."""
        more = len(self.paths) - most
        return ", ".join(self.paths[:most]) + (f" and {more:,} more" if more > 0 else "")


def by_reason(skipped: Iterable[tuple[str, str]]) -> list[Skipped]:
    """The skipped files and rows of a data set, the most frequent reason first.

    Args:
        skipped: (path, reason) of each, as `Dataset.skipped`. A reason that names its own path
            counts as the same for all.
    """
    paths: dict[str, list[str]] = {}
    for path, reason in skipped:
        paths.setdefault(_without(path, reason), []).append(path)
    found = [Skipped(reason=reason, paths=tuple(each)) for reason, each in paths.items()]
    return sorted(found, key=lambda one: -len(one.paths))


def _without(path: str, reason: str) -> str:
    """A reason without the path that it names, quoted or before a colon."""
    reason = reason.removeprefix(f"{path}: ")
    end = reason.find(f"{path}'")
    start = reason.rfind("'", 0, end) if end > 0 else -1
    return f"{reason[:start]}it{reason[end + len(path) + 1 :]}" if start >= 0 else reason
