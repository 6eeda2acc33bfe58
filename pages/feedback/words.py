"""How verdicts, statuses and contributors are written on this page."""

from fer import emotions
from fer.feedback.asking import in_words
from fer.feedback.records import Status, Verdict

_SYMBOLS: dict[str, str] = {
    Verdict.SEVERAL: "👥",
    Verdict.NOT_A_FACE: "🚫",
    Verdict.CANNOT_TELL: "❔",
}

STATUSES: dict[str, str] = {
    Status.NEW: "New",
    Status.ACCEPTED: "Accepted",
    Status.REJECTED: "Rejected",
    Status.QUARANTINED: "Quarantined",
}
"""The name of each status."""


def with_symbol(verdict: str) -> str:
    """A verdict after its symbol."""
    if verdict in _SYMBOLS:
        return f"{_SYMBOLS[verdict]} {in_words(verdict)}"
    return emotions.with_symbol(verdict)


def short(contributor: str) -> str:
    """A contributor, whom nobody knows by name."""
    return contributor[:8]
