"""How statuses and contributors are written on this page."""

from fer.feedback.records import Status

STATUSES: dict[str, str] = {
    Status.NEW: "New",
    Status.ACCEPTED: "Accepted",
    Status.REJECTED: "Rejected",
    Status.QUARANTINED: "Quarantined",
}
"""The name of each status."""


def short(contributor: str) -> str:
    """A contributor, whom nobody knows by name."""
    return contributor[:8]
