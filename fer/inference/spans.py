"""A timeline's rows as spans of one emotion each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fer.inference.answer import Answer
from fer.inference.timeline import Timeline

EVERYONE = 0
"""The person whose spans show all people together."""

_JOINED_S = 0.01
"""Rows round their times; closer ones follow each other."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """A time in which a person's verdict does not change.

    Attributes:
        person: Number of the person, or `EVERYONE`.
        from_s: Its start.
        until_s: Its end.
        verdict: The most probable emotion, or why there is no reliable one.
        confidence: Mean probability of the emotion, 0–1.
        reliable: Whether the verdict is an emotion.
    """

    person: int
    from_s: float
    until_s: float
    verdict: str
    confidence: float
    reliable: bool

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.until_s - self.from_s


def spans_of_people(timeline: Timeline) -> list[Span]:
    """Spans by person and time."""
    rows = timeline.rows()
    return _joined(_span(row) for row in sorted(rows, key=lambda row: row["person"]))


def spans_of_everyone(timeline: Timeline) -> list[Span]:
    """Spans of the mean of all people's reliable answers."""
    return _joined(
        _span(
            {"person": EVERYONE, "time_s": row["time_s"], "until_s": row["until_s"]}
            | Answer(probabilities={label: row[f"p_{label}"] for label in timeline.labels}).to_row()
        )
        for row in timeline.shares()
        if any(row[f"p_{label}"] for label in timeline.labels)
    )


def shares_of_time(spans: Iterable[Span]) -> dict[str, float]:
    """Share of the reliable time, 0–1, by emotion; the largest first."""
    seconds: dict[str, float] = defaultdict(float)
    for span in spans:
        if span.reliable:
            seconds[span.verdict] += span.seconds
    whole = sum(seconds.values())
    largest_first = sorted(seconds, key=seconds.__getitem__, reverse=True)
    return {label: seconds[label] / whole for label in largest_first} if whole else {}


def _span(row: Mapping[str, Any]) -> Span:
    reliable = row["reliable"] == "true"
    return Span(
        person=row["person"],
        from_s=row["time_s"],
        until_s=row["until_s"],
        verdict=row["emotion"] if reliable else row["unreliable_because"],
        confidence=row["confidence"],
        reliable=reliable,
    )


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans with those that continue the one before joined to it."""
    made: list[Span] = []
    for span in spans:
        last = made[-1] if made else None
        if (
            last is None
            or (last.person, last.verdict) != (span.person, span.verdict)
            or span.from_s > last.until_s + _JOINED_S
        ):
            made.append(span)
            continue
        seconds = last.seconds + span.seconds
        weighted = last.confidence * last.seconds + span.confidence * span.seconds
        confidence = weighted / seconds if seconds else span.confidence
        made[-1] = replace(last, until_s=max(last.until_s, span.until_s), confidence=confidence)
    return made
