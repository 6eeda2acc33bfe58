"""The chart of a session. It is HTML, which is drawn at once: the camera's frames need the time."""

from collections.abc import Sequence
from html import escape

from fer import emotions
from fer.inference.drawing import ink_on
from fer.inference.spans import EVERYONE
from fer.inference.timeline import Span
from fer.wording import percent

MAX_TICKS = 6
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)
IN_MINUTES_FROM_S = 180
SYMBOL_FROM = 0.03
"""Share of the time from which a span has room for its symbol."""


def chart_html(spans: Sequence[Span]) -> str:
    """A row per person; time goes to the right. A pointer on a span shows what it is."""
    end_s = max(span.until_s for span in spans) or 1.0
    rows = "".join(
        f'<span>{name_of(person)}</span><div class="fer-track">'
        f"{''.join(_bar(span, end_s) for span in spans if span.person == person)}</div>"
        for person in sorted({span.person for span in spans})
    )
    shown = {span.answer.verdict: span.answer.reliable for span in spans}
    legend = "".join(
        f"<li><i {_look(verdict, shown[verdict])}></i>"
        f"{escape(emotions.with_symbol(verdict) if shown[verdict] else verdict)}</li>"
        for verdict in emotions.ordered(shown)
    )
    return f"""<div class="fer-spans" role="img" aria-label="Most probable emotion over time">
{rows}<span></span><div class="fer-axis">{_ticks(end_s)}</div></div>
<ul class="fer-legend">{legend}</ul>"""


def name_of(person: int) -> str:
    """How a row is named."""
    return "everyone" if person == EVERYONE else f"person {person}"


def _bar(span: Span, end_s: float) -> str:
    answer, share = span.answer, span.seconds / end_s
    confidence = f", {percent(answer.confidence)}" if answer.reliable else ""
    title = (
        f"{name_of(span.person)}: {answer.verdict}{confidence}, "
        f"{span.from_s:.1f} to {span.until_s:.1f} s"
    )
    has_symbol = answer.reliable and share >= SYMBOL_FROM
    symbol = emotions.describe(answer.verdict).symbol if has_symbol else ""
    place = f"left: {span.from_s / end_s:.3%}; width: {share:.3%}; "
    look = _look(answer.verdict, answer.reliable, place)
    return f'<i {look} title="{escape(title)}">{symbol}</i>'


def _look(verdict: str, reliable: bool, place: str = "") -> str:
    """The attributes of a bar; an unreliable one is hatched."""
    if not reliable:
        return f'class="fer-hatched" style="{place}"'
    color = emotions.describe(verdict).color
    return f'style="{place}background: {color}; color: {ink_on(color)}"'


def _ticks(end_s: float) -> str:
    unit, unit_s = ("min", 60) if end_s >= IN_MINUTES_FROM_S else ("s", 1)
    step_s = next((step for step in STEPS_S if end_s / step <= MAX_TICKS), STEPS_S[-1])
    return "".join(
        f'<span style="left: {at_s / end_s:.3%}">{at_s / unit_s:g} {unit}</span>'
        for at_s in range(0, int(end_s) + 1, step_s)
        if at_s <= 0.95 * end_s  # one at the edge would be cut off
    )
