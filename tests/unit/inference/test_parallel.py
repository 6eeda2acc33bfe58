import threading
from collections.abc import Iterator

import pytest

from fer.inference.parallel import growing_groups, map_ordered


def test_results_come_in_the_order_of_the_values_whoever_finishes_first() -> None:
    second_done = threading.Event()

    def work(value: int) -> int:
        if value == 0:
            second_done.wait(0.2)
        if value == 1:
            second_done.set()
        return value * value

    assert list(map_ordered(work, range(20))) == [value * value for value in range(20)]


def test_only_a_few_values_are_taken_ahead_of_the_caller() -> None:
    taken: list[int] = []

    def values() -> Iterator[int]:
        for value in range(1000):
            taken.append(value)
            yield value

    results = map_ordered(lambda value: value, values())
    assert next(results) == 0
    assert len(taken) < 20


def test_an_error_reaches_the_caller_in_its_place() -> None:
    results = map_ordered(lambda value: 1 // value, [1, 0, 1])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_groups_double_up_to_their_limit_and_lose_nothing() -> None:
    groups = list(growing_groups(range(18), 4))
    assert [len(group) for group in groups] == [1, 2, 4, 4, 4, 3]
    assert [value for group in groups for value in group] == list(range(18))
