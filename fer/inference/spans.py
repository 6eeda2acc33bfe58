"""A timeline as spans of one emotion each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from fer.inference.answer import Answer
from fer.inference.timeline import Span, Timeline

EVERYONE = 0
"""The person whose spans show all people together."""

_JOINED_S = 0.01
"""Closer ones follow each other."""


def spans_of_people(timeline: Timeline) -> list[Span]:
    """Spans by person and time."""
    return _joined(sorted(timeline.spans(), key=lambda span: span.person))


def spans_of_everyone(timeline: Timeline) -> list[Span]:
    """Spans of the mean of all people's reliable answers."""
    return _joined(
        Span(
            person=EVERYONE,
            from_s=row["time_s"],
            until_s=row["until_s"],
            answer=Answer(probabilities={label: row[f"p_{label}"] for label in timeline.labels}),
        )
        for row in timeline.shares()
        if any(row[f"p_{label}"] for label in timeline.labels)
    )


def shares_of_time(spans: Iterable[Span]) -> dict[str, float]:
    """Share of the reliable time, 0–1, by emotion; the largest first."""
    seconds: dict[str, float] = defaultdict(float)
    for span in spans:
        if span.answer.reliable:
            seconds[span.answer.verdict] += span.seconds
    whole = sum(seconds.values())
    largest_first = sorted(seconds, key=seconds.__getitem__, reverse=True)
    return {label: seconds[label] / whole for label in largest_first} if whole else {}


def clearest_moment(timeline: Timeline, person: int) -> float:
    """When to look at a person, in seconds: where the main emotion is most confident."""
    main = {row["person"]: row["emotion"] for row in timeline.summary()}.get(person)

    def clarity(span: Span) -> tuple[bool, float]:
        return span.answer.verdict == main, span.answer.confidence

    spans = (span for span in timeline.spans() if span.person == person)
    best = max(spans, key=clarity, default=None)
    return best.from_s if best else 0.0


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans with those that continue the one before joined to it."""
    made: list[Span] = []
    for span in spans:
        last = made[-1] if made else None
        if (
            last is None
            or (last.person, last.answer.verdict) != (span.person, span.answer.verdict)
            or span.from_s > last.until_s + _JOINED_S
        ):
            made.append(span)
            continue
        weight = span.seconds / (last.seconds + span.seconds or 1.0)
        mean = {
            label: (1 - weight) * share + weight * span.answer.probabilities[label]
            for label, share in last.answer.probabilities.items()
        }
        answer = replace(last.answer, probabilities=mean)
        made[-1] = replace(last, until_s=max(last.until_s, span.until_s), answer=answer)
    return made
