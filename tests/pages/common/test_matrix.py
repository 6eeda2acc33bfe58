import pytest

from pages.common.matrix import count_ticks


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [
        (0, ["0"]),
        (2, ["0", "2"]),
        (8, ["0", "2", "8"]),
        (835, ["0", "208", "835"]),
        (4000, ["0", "1,000", "4,000"]),
    ],
)
def test_a_legend_of_counts_has_whole_numbers_each_once(largest: int, ticks: list[str]) -> None:
    assert count_ticks(largest) == ticks
