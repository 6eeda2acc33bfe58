import pytest

from fer.errors import FeedbackError
from fer.feedback.keys import contributor_id, new_key


def test_a_key_is_random_and_its_case_and_spaces_do_not_matter() -> None:
    key = new_key()
    assert key != new_key()
    assert contributor_id(key) == contributor_id(f" {key.upper().replace('-', ' ')} ")
    assert key not in contributor_id(key)
    with pytest.raises(FeedbackError, match="empty"):
        contributor_id(" - ")
