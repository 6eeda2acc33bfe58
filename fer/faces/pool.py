"""Objects that one thread at a time may use, such as OpenCV's networks."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Pool(Generic[T]):
    """Makes as many objects as there are uses at one time, and uses them again."""

    def __init__(self, make: Callable[[], T]) -> None:
        """Make the first one, so that an error shows at once."""
        self._make = make
        self._free = deque([make()])

    @contextmanager
    def borrow(self) -> Iterator[T]:
        """An object that no other thread uses meanwhile."""
        try:
            item = self._free.pop()
        except IndexError:
            item = self._make()
        try:
            yield item
        finally:
            self._free.append(item)
