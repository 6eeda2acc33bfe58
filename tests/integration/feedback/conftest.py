"""A store in an empty database of each kind."""

import pytest

from fer.feedback.store import Store, open_store


@pytest.fixture
def store(url: str) -> Store:
    return open_store(url)
