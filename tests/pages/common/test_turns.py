"""Few scripts run at once, in the order in which they came."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from pages.common.turns import Turns

_LONG_S = 30.0


def test_no_more_threads_than_turns_run_at_once() -> None:
    turns, running, most = Turns(2, _LONG_S), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        with turns.turn():
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.01)
            with lock:
                running[0] -= 1

    with ThreadPoolExecutor(12) as pool:
        for future in [pool.submit(work) for _ in range(36)]:
            future.result()
    assert most[0] == 2


def test_turns_go_to_those_who_came_first() -> None:
    turns, order = Turns(1, _LONG_S), []

    def work(number: int) -> None:
        with turns.turn():
            order.append(number)

    with ThreadPoolExecutor(8) as pool, turns.turn():
        for number in range(8):
            pool.submit(work, number)
            while len(turns._waiting) <= number:
                time.sleep(0.001)
    assert order == list(range(8))


def test_whoever_waited_too_long_runs_without_a_turn_and_gives_none_back() -> None:
    turns = Turns(1, 0.01)
    with turns.turn():

        def work() -> bool:
            with turns.turn():
                return turns._free == 0

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(work).result(timeout=_LONG_S)
        assert turns._free == 0
    assert turns._free == 1


def test_a_thread_that_waits_for_something_lets_another_one_run() -> None:
    turns, done = Turns(1, _LONG_S), threading.Event()

    def work() -> None:
        with turns.turn():
            done.set()

    with ThreadPoolExecutor(1) as pool, turns.turn():
        pool.submit(work)
        assert not done.wait(0.05)
        with turns.pause():
            assert done.wait(_LONG_S)
    assert turns._free == 1


def test_a_turn_ends_with_an_exception() -> None:
    turns = Turns(1, _LONG_S)
    try:
        with turns.turn(), turns.pause():
            raise ValueError
    except ValueError:
        pass
    assert turns._free == 1
