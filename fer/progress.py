"""How work that takes longer than a second reports its progress."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the units done and the units planned; 0 planned where the total is unknown."""
