"""Work on many values in threads, ahead of the caller."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

_MAX_WORKERS = 8
"""Each holds photos in memory."""

_T = TypeVar("_T")
_R = TypeVar("_R")


def map_ordered(function: Callable[[_T], _R], values: Iterable[_T]) -> Iterator[_R]:
    """Results in the order of the values, computed on all cores while the caller takes them."""
    pending: deque[Future[_R]] = deque()
    workers = min(os.cpu_count() or 1, _MAX_WORKERS)
    with ThreadPoolExecutor(workers, thread_name_prefix="photo") as pool:
        try:
            for value in values:
                pending.append(pool.submit(function, value))
                if len(pending) > workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def growing_groups(values: Iterable[_T], most: int) -> Iterator[list[_T]]:
    """Values in lists of 1, 2, 4 and so on up to `most`; the last one may be shorter."""
    iterator = iter(values)
    size = 1
    while group := list(islice(iterator, size)):
        yield group
        size = min(2 * size, most)
