"""Bars by emotion: one colour and one symbol each, on every page."""

from collections.abc import Mapping
from html import escape

from fer import emotions
from fer.wording import percent


def bars_html(shares: Mapping[str, float], *, top: str = "") -> str:
    """Bars for shares of 0–1 by label, in their order, as HTML; `top` is the label to emphasise."""
    return f'<ul class="fer-bars">{"".join(_bar(*item, top) for item in shares.items())}</ul>'


def _bar(label: str, share: float, top: str) -> str:
    shown = emotions.describe(label)
    strong = ' class="fer-strong"' if label == top else ""
    fill = f'<i style="width: {share:.1%}; background: {shown.color}"></i>' if share else ""
    return f"""<li{strong}>
<span class="fer-label">{shown.symbol} {escape(label)}</span>
<span class="fer-bar">{fill}</span>
<span class="fer-number">{escape(percent(share))}</span></li>"""


def legend_html(counts: Mapping[str, int]) -> str:
    """The colour and symbol of labels, with how many there are of each, as HTML."""
    return f'<ul class="fer-legend">{"".join(_entry(*item) for item in counts.items())}</ul>'


def _entry(label: str, count: int) -> str:
    shown = emotions.describe(label)
    return (
        f'<li><i style="background: {shown.color}"></i>{shown.symbol} {escape(label)} '
        f'<span class="fer-number">{count:,}</span></li>'
    )
