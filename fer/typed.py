"""Whether plain data, as JSON gives them, have a declared type."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from fer.options import short

_END = 2**63
_NAMES = {
    bool: "true or false",
    int: "a whole number, not negative",
    float: "a number",
    str: "text",
    NoneType: "null",
}


class Empty:
    """The type of an object without entries."""


def problem(value: Any, kind: Any, where: str = "") -> str:
    """What is wrong with a value, in half a sentence; "" if it has the type.

    Args:
        value: Of a JSON file.
        kind: `Any`, `None`, `bool`, `int` (not negative, 63 bits), `float` (finite; a whole number
            will do), `str`, `Empty`, `Sequence[…]`, `tuple[…]` (a list of that length),
            `Mapping[str, …]`, a union, or a TypedDict, which allows other keys.
        where: The place of the value.

    >>> problem({"images": "many"}, Mapping[str, int], "metrics")
    "metrics.images must be a whole number, not negative, not 'many'"
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        found = [problem(value, one, where) for one in arguments]
        inside = [one for one in found if not one.startswith(f"{where or 'it'} must be")]
        return "" if "" in found else (inside or [_refusal(value, kind, where)])[0]
    if is_typeddict(kind) and isinstance(value, dict):
        if missing := sorted(kind.__required_keys__ - set(value)):
            return f"{where or 'it'} lacks {', '.join(missing)}"
        hints = _hints(kind)
        return _first((where, key, value[key], hints[key]) for key in hints if key in value)
    if origin is Mapping and isinstance(value, dict):
        return _first((where, key, item, arguments[1]) for key, item in value.items())
    if origin is Sequence and isinstance(value, list):
        return _first((where, n, item, arguments[0]) for n, item in enumerate(value))
    if origin is tuple and isinstance(value, list) and len(value) == len(arguments):
        pairs = zip(value, arguments, strict=True)
        return _first((where, n, *pair) for n, pair in enumerate(pairs))
    return "" if _is_simple(value, kind) else _refusal(value, kind, where)


def _first(parts: Iterable[tuple[str, str | int, Any, Any]]) -> str:
    """The first problem among parts: where the whole is, the part's key, the part, its type."""
    found = (
        problem(part, kind, f"{where}.{key}" if where else str(key))
        for where, key, part, kind in parts
    )
    return next(filter(None, found), "")


def _is_simple(value: Any, kind: Any) -> bool:
    if kind is Any:
        return True
    if kind is Empty:
        return bool(value == {})
    if kind is int:
        return type(value) is int and 0 <= value < _END
    if kind is float:
        return type(value) in (int, float) and abs(value) < _END
    return kind in _NAMES and type(value) is kind


def _refusal(value: Any, kind: Any, where: str) -> str:
    return f"{where or 'it'} must be {_name(kind)}, not {short(value)}"


def _name(kind: Any) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(_name, arguments)))
    if origin is tuple:
        return f"a list of {len(arguments)}"
    return _NAMES.get(kind) or ("a list" if origin is Sequence else "an object")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


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
