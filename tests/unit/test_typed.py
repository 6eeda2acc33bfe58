from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

import pytest

from fer.typed import AnyNumber, Empty, from_json, is_shallow_text, problem


class Row(TypedDict):
    images: int
    interval: NotRequired[tuple[float, float] | None]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"images": 3, "other": object()}, Row),
        ({"images": 3, "interval": None}, Row),
        ({"images": 0, "interval": [0, 0.5]}, Row),
        ({"test": [{"images": 3}]}, Mapping[str, Sequence[Row]]),
        ({}, Row | Empty),
        (None, Any),
        (1, float),
        ([], Sequence[int]),
    ],
)
def test_what_has_its_type_is_no_problem(value: object, kind: object) -> None:
    assert problem(value, kind) == ""


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ({"images": "3"}, Row, "images must be a whole number, not negative, not '3'"),
        ({}, Row, "it lacks images"),
        ({"test": [{"images": True}]}, Mapping[str, Sequence[Row]],
         "test.0.images must be a whole number, not negative, not True"),
        ({"images": 1, "interval": [0.5]}, Row, "interval must be a list of 2 or null, not [0.5]"),
        ({"images": 1, "interval": [0, "x"]}, Row, "interval.1 must be a number, not 'x'"),
        ([], Row, "it must be an object, not []"),
        ({"a": 1}, Row | Empty, "it lacks images"),
        (float("nan"), float, "it must be a number, not nan"),
        (2**63, int, f"it must be a whole number, not negative, not {2**63}"),
        (-1, int, "it must be a whole number, not negative, not -1"),
        (True, float, "it must be a number, not True"),
        (0, bool, "it must be true or false, not 0"),
        ("ab", Sequence[str], "it must be a list, not 'ab'"),
    ],
)  # fmt: skip
def test_the_first_part_of_another_type_is_named(value: object, kind: object, text: str) -> None:
    assert problem(value, kind) == text


def test_half_a_character_and_endless_nesting_are_found() -> None:
    deep: list[object] = []
    for _ in range(60):
        deep = [deep]
    assert is_shallow_text({"name": ["ø", 1, None]})
    assert not is_shallow_text({"name": ["\ud800"]})
    assert not is_shallow_text({"\ud800": 1})
    assert not is_shallow_text(deep)


def test_plain_data_come_from_json_only_if_they_have_the_type() -> None:
    assert from_json(b'{"images": 3}', Row) == {"images": 3}
    assert from_json(b"[NaN, 1]", Sequence[AnyNumber])[1] == 1
    for content, kind in (
        (b'{"images": -3}', Row), (b"[NaN]", Sequence[float]), (b"\xff", Any), (b"{", Any),
        (b"[" * 100_000, Any), (b"[" * 60 + b"]" * 60, Any), (b'"\\ud800"', Any),
        (b'"c"', Literal["a", "b"]),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"."):
            from_json(content, kind)
