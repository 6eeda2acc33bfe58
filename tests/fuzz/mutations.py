"""Damage to bytes, texts and plain data, as disks, editors and attackers do it."""

import copy
import json
from random import Random
from typing import Any

NUMBERS = (0, 1, -1, 127, 128, 255, 256, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63, -(2**63))
TEXTS = (
    "", " ", "\0", "nan", "inf", "-1", "1e999", "9" * 400, "x" * 5000, "../../outside",
    "/etc/passwd",
    "C:\\nul", "<td onclick=alert(1)>", "=cmd()", "é\u202e\ufeff", "🙂" * 40, "\ud800",
    "a\nb\r\nc", "None",
    "__class__", "%s%n", "{0}", "true",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 1.5, 1e308, -1e308, float("nan"), float("inf"), [], {}, [[]], [None],
    {"": None},
    [0] * 1000, *NUMBERS, *TEXTS,
)  # fmt: skip


_DEEP = "deep"  # stands for nested lists, which Python's own copies and JSON refuse


def damaged(rng: Random, content: bytes, others: tuple[bytes, ...] = ()) -> bytes:
    """Bytes with one to four changes; `others` may lend parts."""
    for _ in range(rng.randint(1, 4)):
        content = _changed(rng, content, others)
    return content


def _changed(rng: Random, content: bytes, others: tuple[bytes, ...]) -> bytes:
    size = len(content)
    at, end = sorted((rng.randint(0, size), rng.randint(0, size)))
    # Headers decide most, so half of the changes are near the start.
    if rng.random() < 0.5:
        at = rng.randint(0, min(size, 96))
        end = min(size, at + rng.randint(0, 32))
    what = rng.randrange(8)
    if what == 0:
        return content[:at]
    if what == 1:
        return content[:at] + content[end:]
    if what == 2:
        return content[:at] + content[at:end] * rng.randint(2, 5) + content[end:]
    if what == 3:
        return content[:at] + rng.randbytes(rng.randint(1, 64)) + content[end:]
    if what == 4 and size:
        place, bit = min(at, size - 1), 1 << rng.randrange(8)
        return content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]
    if what == 5:
        width, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
        number = (rng.choice(NUMBERS) % (1 << 8 * width)).to_bytes(width, order)
        return content[:at] + number + content[at + width :]
    if what == 6 and others:
        other = rng.choice(others)
        return content[:at] + other[rng.randint(0, len(other)) :]
    return content[:at] + rng.choice((b"\0", b"\xff", b'"', b"\n", b",", b"9" * 40)) + content[at:]


def odd(rng: Random) -> Any:
    """A value that nobody expects."""
    if rng.random() < 0.1:
        return rng.choice((_DEEP, _DEEP, [[[[[[{"a": [[[[[1]]]]]}]]]]]]))
    return copy.deepcopy(rng.choice(VALUES))


def json_of(tree: Any) -> bytes:
    """Plain data as JSON; where `odd` asked for it, nested as deeply as no parser likes."""
    deep = "[" * 100_000 + "]" * 100_000
    return json.dumps(tree).replace(json.dumps(_DEEP), deep).encode()


def changed(rng: Random, tree: Any, times: int = 3) -> Any:
    """Plain data with one to `times` places changed."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.randint(1, times)):
        places = [*_places(tree)]
        if not places:
            return odd(rng)
        holder, key = rng.choice(places)
        what = rng.randrange(5)
        if what == 0:
            del holder[key]
        elif what == 1 and isinstance(holder, dict):
            holder[rng.choice(TEXTS)] = holder.pop(key)
        elif what == 2 and isinstance(holder, list):
            holder.insert(key, odd(rng))
        elif what == 3:
            other, place = rng.choice(places)
            if _still(other, place):
                holder[key] = copy.deepcopy(other[place])
        else:
            holder[key] = odd(rng)
    return tree


def _places(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        keys = (
            one.keys()
            if isinstance(one, dict)
            else range(len(one))
            if isinstance(one, list)
            else ()
        )
        for key in keys:
            found.append((one, key))
            waiting.append(one[key])
        if len(found) > 5000:
            break
    return found


def _still(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)
