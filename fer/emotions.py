"""Label sets, their order, aliases, colours and symbols: the one place for all of them.

A label is a lower-case English word. Every set is a subsequence of `ALL`, so that one
emotion keeps one place, one colour and one symbol wherever it is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from fer.errors import LabelError


@dataclass(frozen=True, kw_only=True)
class Emotion:
    """One emotion as it is shown.

    Attributes:
        label: The canonical name.
        color: Hex RGB, distinct under the common colour-vision deficiencies and legible on
            light and dark backgrounds (Okabe & Ito 2008; wine from Tol 2021, grey for neutral).
        symbol: One emoji, so that colour is never the only sign.
        aliases: Other names that data sets use, in lower case.
    """

    label: str
    color: str
    symbol: str
    aliases: tuple[str, ...] = ()


_KNOWN = (
    ("angry", "#D55E00", "😠", "anger an ang mad"),
    ("disgust", "#009E73", "🤢", "disgusted di dis disgusting"),
    ("fear", "#CC79A7", "😨", "fearful afraid scared fe fea af"),
    ("happy", "#E69F00", "😄", "happiness joy ha hap happily"),
    ("neutral", "#8C8C8C", "😐", "ne neu calm normal"),
    ("sad", "#0072B2", "😢", "sadness sa unhappy"),
    ("surprise", "#56B4E9", "😮", "surprised su sur suprise surprize surprising"),
    ("contempt", "#AA4499", "😏", "contemptuous co con"),
)

EMOTIONS: dict[str, Emotion] = {
    label: Emotion(label=label, color=color, symbol=symbol, aliases=tuple(aliases.split()))
    for label, color, symbol, aliases in _KNOWN
}
ALL: tuple[str, ...] = tuple(EMOTIONS)

UNRELIABLE_COLOR = "#3F3F46"
"""For a face whose emotion cannot be recognised reliably."""

FER2013: tuple[str, ...] = ALL[:7]
"""The seven classes of FER-2013, in the order of Kaggle's folders."""

FER2013_CODES: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Meaning of the numbers 0–6 in the `emotion` column of fer2013.csv."""

_ALIASES = {name: one.label for one in EMOTIONS.values() for name in (one.label, *one.aliases)}


def canonical(name: str) -> str:
    """Map a label or an alias, in any case, to its label.

    Raises:
        LabelError: If the name is not known.
    """
    label = _ALIASES.get(name.strip().lower())
    if label is None:
        raise LabelError(f"Unknown emotion '{name}'. Known: {', '.join(ALL)} and their aliases.")
    return label


def is_known(name: str) -> bool:
    """Whether `canonical` would accept the name."""
    return name.strip().lower() in _ALIASES


def ordered(labels: Iterable[str]) -> tuple[str, ...]:
    """The distinct labels in the one order: known ones as in `ALL`, then custom ones by name."""
    distinct = set(labels)
    return (*(label for label in ALL if label in distinct), *sorted(distinct - set(ALL)))


def describe(label: str) -> Emotion:
    """How to show a label; a custom one gets a grey and a plain symbol."""
    return EMOTIONS.get(label) or Emotion(label=label, color="#6B7280", symbol="🏷️")


def with_symbol(label: str) -> str:
    """The label after its symbol, as the app shows it."""
    return f"{describe(label).symbol} {label}"
