from collections.abc import Callable
from dataclasses import fields

import pytest

from fer.feedback import consent
from fer.feedback.records import Correction


def test_the_version_changes_with_any_word_of_the_text() -> None:
    """Whoever changes the text on purpose writes down its new version here."""
    assert consent.VERSION == "40b7f300e15a"


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (None, "Corrections are kept until they are deleted."),
        (1, "Corrections are deleted after 1 day."),
        (365, "Corrections are deleted after 365 days."),
    ],
)
def test_the_person_reads_for_how_long_a_correction_is_kept(
    days: int | None, sentence: str
) -> None:
    assert consent.retention(days) == sentence


def test_what_is_kept_is_shown_in_words(make_correction: Callable[..., Correction]) -> None:
    shown = consent.kept(make_correction(verdict="not_a_face", side_px=61.0, sharpness=0.25))
    assert shown["Your answer"] == "not a face"
    assert shown["Its probabilities"] == "happy 25.0%, surprise 75.0%"
    assert shown["Size of the face"] == "61 px"


NEVER = ("photo", "file", "path", "name", "address", "ip", "mail", "session", "cookie")


def test_a_correction_has_no_place_for_a_photo_a_name_or_an_address() -> None:
    names = {part for field in fields(Correction) for part in field.name.split("_")}
    assert names.isdisjoint(NEVER)
