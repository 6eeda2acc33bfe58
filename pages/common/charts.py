"""Bars by emotion: one colour and one symbol each, on every page."""

from collections.abc import Mapping
from html import escape

from fer import emotions


def percent(share: float) -> str:
    """A share of 0–1 in whole percent; nearly nothing and nearly all do not read as such."""
    if 0 < share < 0.01:
        return "<1 %"
    return ">99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"


def bars_html(shares: Mapping[str, float], *, top: str = "") -> str:
    """Bars for shares of 0–1 by label, in their order, as HTML; `top` is the label to emphasise."""
    return f'<ul class="fer-bars">{"".join(_bar(*item, top) for item in shares.items())}</ul>'


def _bar(label: str, share: float, top: str) -> str:
    shown = emotions.describe(label)
    strong = ' class="fer-strong"' if label == top else ""
    return f"""<li{strong}>
<span class="fer-label">{shown.symbol} {escape(label)}</span>
<span class="fer-bar"><i style="width: {share:.1%}; background: {shown.color}"></i></span>
<span class="fer-number">{escape(percent(share))}</span></li>"""
