"""Whether plain data, as JSON gives them, have a declared type."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from fer.options import short

_Check = Callable[[Any, str], str]
_END = 2**63


class Empty:
    """The type of an object without entries."""


class AnyNumber:
    """The type of a number that may be infinite or none, as the loss of a training that failed."""


_NAMES = {
    bool: "true or false",
    int: "a whole number, not negative",
    float: "a number",
    AnyNumber: "a number",
    str: "text",
    NoneType: "null",
}


def from_json(content: bytes, kind: Any = Any) -> Any:
    """Plain data of a declared type, as `problem` takes it, from the content of a JSON file.

    Raises:
        ValueError: If they are no JSON, are of another type, are nested too deeply, or hold a text
            that cannot be written. It has the reason in half a sentence.
    """
    try:
        value = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if wrong := problem(value, kind):
        raise ValueError(wrong)
    if not is_shallow_text(value):
        raise ValueError("it is nested too deeply, or holds half a character")
    return value


def has_no_infinity(value: Any) -> bool:
    """Whether all numbers in shallow plain data are finite, so that JSON has them."""
    if isinstance(value, float):
        return math.isfinite(value)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(map(has_no_infinity, parts))


def problem(value: Any, kind: Any, where: str = "") -> str:
    """What is wrong with a value, in half a sentence; "" if it has the type.

    Args:
        value: Of a JSON file.
        kind: `Any`, `None`, `bool`, `int` (not negative, 63 bits), `float` (finite; a whole number
            will do), `AnyNumber`, `str`, `Empty`, `Literal[…]`, `Sequence[…]`, `tuple[…]` (a list
            of that length), `Mapping[str, …]`, a union, or a TypedDict, which allows other keys.
        where: The place of the value.

    >>> problem({"images": "many"}, Mapping[str, int], "metrics")
    "metrics.images must be a whole number, not negative, not 'many'"
    """
    return _check_of(kind)(value, where)


@cache
def _check_of(kind: Any) -> _Check:
    """The check of a type: from a value and its place to the problem."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _check_of_union(kind, [_check_of(one) for one in arguments])
    if is_typeddict(kind):
        hints = get_type_hints(kind)
        return _check_of_entries(kind, {key: _check_of(one) for key, one in hints.items()})
    if origin is Literal:
        return lambda value, where: "" if value in arguments else _refusal(value, kind, where)
    if origin is Mapping:
        item = _check_of(arguments[1])
        return lambda value, where: (
            _first((item, one, where, key) for key, one in value.items())
            if isinstance(value, dict)
            else _refusal(value, kind, where)
        )
    if origin is Sequence:
        item = _check_of(arguments[0])
        return lambda value, where: (
            _first((item, one, where, n) for n, one in enumerate(value))
            if isinstance(value, list)
            else _refusal(value, kind, where)
        )
    if origin is tuple:
        items = [_check_of(one) for one in arguments]
        return lambda value, where: (
            _first((items[n], one, where, n) for n, one in enumerate(value))
            if isinstance(value, list) and len(value) == len(items)
            else _refusal(value, kind, where)
        )
    return lambda value, where: "" if _is_simple(value, kind) else _refusal(value, kind, where)


def _check_of_union(kind: Any, options: list[_Check]) -> _Check:
    def check(value: Any, where: str) -> str:
        found = []
        for option in options:
            if not (problem := option(value, where)):
                return ""
            found.append(problem)
        inside = [one for one in found if not one.startswith(f"{where or 'it'} must be")]
        return (inside or [_refusal(value, kind, where)])[0]

    return check


def _check_of_entries(kind: Any, entries: Mapping[str, _Check]) -> _Check:
    required = kind.__required_keys__

    def check(value: Any, where: str) -> str:
        if not isinstance(value, dict):
            return _refusal(value, kind, where)
        if missing := sorted(required - value.keys()):
            return f"{where or 'it'} lacks {', '.join(missing)}"
        return _first(
            (item, value[key], where, key) for key, item in entries.items() if key in value
        )

    return check


def _first(parts: Iterable[tuple[_Check, Any, str, str | int]]) -> str:
    """The first problem among parts: the check, the part, where the whole is, the part's key."""
    for check, part, where, key in parts:
        if found := check(part, f"{where}.{key}" if where else str(key)):
            return found
    return ""


def _is_simple(value: Any, kind: Any) -> bool:
    if kind is Any:
        return True
    if kind is Empty:
        return bool(value == {})
    if kind is int:
        return type(value) is int and 0 <= value < _END
    if kind is AnyNumber:
        return type(value) in (int, float)
    if kind is float:
        return type(value) in (int, float) and abs(value) < _END
    return kind in _NAMES and type(value) is kind


def _refusal(value: Any, kind: Any, where: str) -> str:
    return f"{where or 'it'} must be {_name(kind)}, not {short(value)}"


def _name(kind: Any) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(_name, arguments)))
    if origin is tuple:
        return f"a list of {len(arguments)}"
    return _NAMES.get(kind) or ("a list" if origin is Sequence else "an object")


def is_shallow_text(value: Any, *, deepest: int = 50) -> bool:
    """Whether all texts in plain data can be written as UTF-8, and nothing lies too deep."""
    level = [value]
    for _ in range(deepest):
        items: list[Any] = []
        for one in level:
            if isinstance(one, str) and not _is_text(one):
                return False
            if isinstance(one, dict):
                items += [*one, *one.values()]
            elif isinstance(one, list):
                items += one
        if not items:
            return True
        level = items
    return False


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
