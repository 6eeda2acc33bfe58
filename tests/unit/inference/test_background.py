import threading
import time
from collections.abc import Callable, Iterator

import pytest

from fer.inference import background
from fer.inference.background import AT_A_TIME, Background

PATIENCE_S = 10


@pytest.fixture
def stoppable() -> Iterator[Callable[[], Background]]:
    """Starts work that goes on until it should stop."""
    started: list[Background] = []

    def start() -> Background:
        one = Background()

        def work() -> None:
            while not one.should_stop():
                time.sleep(0.01)

        one.start(work)
        started.append(one)
        return one

    yield start
    for one in started:
        one.stop()
        one.wait(PATIENCE_S)


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_work_beyond_the_limit_waits_for_its_turn(stoppable: Callable[[], Background]) -> None:
    first, *others = [stoppable() for _ in range(AT_A_TIME)]
    wait_until(lambda: not any(one.is_waiting for one in (first, *others)))
    late = stoppable()
    assert late.is_working
    assert late.is_waiting
    first.stop()
    wait_until(lambda: not late.is_waiting)
    assert late.is_working


def test_work_that_waits_can_be_stopped(stoppable: Callable[[], Background]) -> None:
    running = [stoppable() for _ in range(AT_A_TIME)]
    wait_until(lambda: not any(one.is_waiting for one in running))
    late = stoppable()
    late.stop()
    late.wait(PATIENCE_S)
    assert not late.is_working
    assert all(one.is_working for one in running)


def test_work_that_nobody_watches_ends(
    stoppable: Callable[[], Background], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "UNWATCHED_S", 1.0)
    one = stoppable()
    for _ in range(25):
        time.sleep(0.05)
        one.watch()
    assert one.is_working
    one.wait(PATIENCE_S)
    assert not one.is_working


def test_a_failure_is_kept_and_the_turn_is_given_back() -> None:
    def fail() -> None:
        raise ValueError

    one = Background()
    for _ in range(AT_A_TIME + 1):
        one.start(fail)
        one.wait(PATIENCE_S)
        assert isinstance(one.failure, ValueError)
    one.start(threading.Event().is_set)
    one.wait(PATIENCE_S)
    assert one.failure is None
