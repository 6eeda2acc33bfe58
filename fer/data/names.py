"""The words of a name that somebody gave to a folder or wrote into a table."""

import re
import unicodedata

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "ı": "i", "đ": "d", "æ": "ae", "œ": "oe", "\u200c": " ", "\u200d": None}
)


def words(name: str) -> list[str]:
    """The words of a name in lower case without accents, and each symbol by itself.

    Digits and punctuation only separate words.

    >>> words("0 - Angry_Faces"), words("TrainSet2"), words("Überraschung")
    (['angry', 'faces'], ['train', 'set'], ['uberraschung'])
    """
    spaced = _HUMP.sub(" ", unicodedata.normalize("NFKC", name))
    text = unicodedata.normalize("NFKD", spaced.casefold()).translate(_PLAIN)
    letters = []
    for letter in text:
        kind = unicodedata.category(letter)
        if unicodedata.combining(letter):
            continue  # an accent
        if kind == "So":  # a symbol, such as an emoji
            letters.append(f" {letter} ")
        else:
            letters.append(letter if kind[0] in "LM" and not _is_variation(letter) else " ")
    return unicodedata.normalize("NFC", "".join(letters)).split()


def _is_variation(letter: str) -> bool:
    """Whether it only chooses between a symbol's forms, such as coloured and plain."""
    return "\ufe00" <= letter <= "\ufe0f"
