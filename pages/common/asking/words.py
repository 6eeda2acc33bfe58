"""How a person's verdict is written."""

from fer import emotions
from fer.feedback.records import Verdict, in_words

_SYMBOLS: dict[str, str] = {
    Verdict.SEVERAL: "👥",
    Verdict.NOT_A_FACE: "🚫",
    Verdict.CANNOT_TELL: "❔",
}


def with_symbol(verdict: str) -> str:
    """A verdict after its symbol."""
    if verdict in _SYMBOLS:
        return f"{_SYMBOLS[verdict]} {in_words(verdict)}"
    return emotions.with_symbol(verdict)
