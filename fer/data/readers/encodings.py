"""Which of the encodings from before Unicode a text is in, by the emotions that it names."""

import codecs
import re

from fer.data.class_names import understood

_LEGACY = (
    "cp1252", "gb18030", "big5", "shift_jis", "euc_kr", "cp1251", "koi8_r", "cp1250", "cp1253",
    "cp1254", "cp1255", "cp1256", "cp874", "cp1258",
)  # fmt: skip
"""The encodings of Windows and Excel by language, the west first."""

_HEAD_BYTES = 1 << 16
_WORD = re.compile(r"[^\W\d_]+")


def legacy_encoding(head: bytes) -> str:
    """The encoding in which a text that is not UTF-8 names most emotions in words beyond ASCII.

    "" for UTF-8, for ASCII, and where no encoding makes more sense than that of the west.
    """
    if head.isascii() or _is_utf8(head):
        return ""
    text = b"\n".join(line for line in head.splitlines() if not line.isascii())[:_HEAD_BYTES]
    found = {one: _emotions_in(text.decode(one, "ignore")) for one in _LEGACY}
    best = max(_LEGACY, key=found.__getitem__)
    return best if found[best] > found["cp1252"] else ""


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # which may end within a letter
    except UnicodeDecodeError:
        return False
    return True


def _emotions_in(text: str) -> int:
    found = set(_WORD.findall(text))
    return sum(bool(understood(word)) for word in found if not word.isascii())
