import pytest

from fer.faces.pool import Pool


def test_an_object_that_was_given_back_is_used_again() -> None:
    made: list[object] = []
    pool = Pool(lambda: made.append(object()) or made[-1])
    with pool.borrow() as first:
        pass
    with pool.borrow() as second:
        pass
    assert first is second
    assert made == [first]


def test_two_users_at_a_time_get_two_objects() -> None:
    pool = Pool(object)
    with pool.borrow() as first, pool.borrow() as second:
        assert first is not second


def test_an_object_is_given_back_after_an_error() -> None:
    pool = Pool(object)
    with pytest.raises(KeyError), pool.borrow() as first:
        raise KeyError
    with pool.borrow() as second:
        assert second is first


def test_a_first_object_that_cannot_be_made_is_an_error_at_once() -> None:
    def fail() -> object:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        Pool(fail)
