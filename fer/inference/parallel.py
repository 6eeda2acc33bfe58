"""Work on many values that is begun before its results are asked for."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

_MOST_WORKERS = 8
"""Each holds photos."""

_T = TypeVar("_T")
_R = TypeVar("_R")


def map_ordered(function: Callable[[_T], _R], values: Iterable[_T]) -> Iterator[_R]:
    """Results in order, worked out on all cores while they are taken."""
    waiting: deque[Future[_R]] = deque()
    workers = min(os.cpu_count() or 1, _MOST_WORKERS)
    with ThreadPoolExecutor(workers, thread_name_prefix="photo") as pool:
        try:
            for value in values:
                waiting.append(pool.submit(function, value))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def growing_groups(values: Iterable[_T], most: int) -> Iterator[list[_T]]:
    """Values in lists of 1, 2, 4 and so on until that many; the last may be shorter."""
    iterator = iter(values)
    size = 1
    while group := list(islice(iterator, size)):
        yield group
        size = min(2 * size, most)
