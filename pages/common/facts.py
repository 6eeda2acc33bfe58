"""Facts in a row."""

from collections.abc import Mapping
from html import escape


def facts_html(facts: Mapping[str, str]) -> str:
    """A list of values by name."""
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts.items()
    )
    return f'<dl class="fer-facts">{cells}</dl>'
