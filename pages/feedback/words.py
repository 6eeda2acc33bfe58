"""How verdicts and contributors are written on this page."""

from fer import emotions
from fer.feedback.records import Status, Verdict

_VERDICTS = {
    Verdict.SEVERAL: ("several", "👥"),
    Verdict.NOT_A_FACE: ("not a face", "🚫"),
    Verdict.CANNOT_TELL: ("can’t tell", "❔"),
}

STATUSES = {
    Status.NEW: "New",
    Status.ACCEPTED: "Accepted",
    Status.REJECTED: "Rejected",
    Status.QUARANTINED: "Quarantined",
}
"""The name of each status."""


def verdict_words(verdict: str) -> str:
    """A verdict without its symbol."""
    return _VERDICTS[Verdict(verdict)][0] if verdict in set(Verdict) else verdict


def with_symbol(verdict: str) -> str:
    """A verdict after its symbol."""
    if verdict in set(Verdict):
        words, symbol = _VERDICTS[Verdict(verdict)]
        return f"{symbol} {words}"
    return emotions.with_symbol(verdict)


def short(contributor: str) -> str:
    """A contributor, whom nobody knows by name."""
    return contributor[:8]
