"""Keras and TensorFlow, imported by one thread at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_LOCK = RLock()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold while Keras or TensorFlow may be imported.

    Their modules import each other in circles. Threads that enter such a circle from two sides
    get modules that are half there, because Python would rather do that than wait for ever.
    """
    with _LOCK:
        yield
