import numpy as np
import pytest

from fer.nets.forward import tempered

CONFIDENT = np.array([[0.8, 0.2], [0.1, 0.9]], np.float32)


def test_a_temperature_of_two_takes_the_square_root_of_the_odds() -> None:
    # Odds of 4 to 1 become 2 to 1, odds of 1 to 9 become 1 to 3.
    assert tempered(CONFIDENT, 2) == pytest.approx(np.array([[2 / 3, 1 / 3], [1 / 4, 3 / 4]]))


def test_a_temperature_of_a_half_squares_the_odds() -> None:
    expected = np.array([[16 / 17, 1 / 17], [1 / 82, 81 / 82]])
    assert tempered(CONFIDENT, 0.5) == pytest.approx(expected)


def test_a_temperature_of_one_changes_nothing() -> None:
    assert tempered(CONFIDENT, 1) is CONFIDENT


def test_a_probability_of_zero_stays_finite_and_a_row_sums_to_one() -> None:
    flat = tempered(np.array([[1, 0, 0]], np.float32), 100)
    assert flat.dtype == np.float32
    assert (flat > 0).all()
    assert flat.sum() == pytest.approx(1)
