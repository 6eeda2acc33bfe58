"""Work on many values that is begun before its results are asked for."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


def ahead(function: Callable[[_T], _R], values: Iterable[_T], reach: int) -> Iterator[_R]:
    """Results in order, worked out on all cores, that many ahead of whoever takes them."""
    waiting: deque[Future[_R]] = deque()
    with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="photo") as pool:
        try:
            for value in values:
                waiting.append(pool.submit(function, value))
                if len(waiting) > reach:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def groups(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Values in lists of that many; the last may be shorter."""
    iterator = iter(values)
    while group := list(islice(iterator, size)):
        yield group
