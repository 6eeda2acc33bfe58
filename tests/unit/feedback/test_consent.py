from collections.abc import Callable
from dataclasses import fields

import pytest

from fer.feedback import consent
from fer.feedback.records import Correction


def test_the_version_changes_with_any_word_of_the_text() -> None:
    """Whoever changes the text on purpose writes down its new version here."""
    assert consent.VERSION == "10ac27d5af5a"


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
    assert shown["Its probabilities"] == "happy 25%, surprise 75%"
    assert shown["Size of the face"] == "61 px"


def test_the_person_reads_all_that_is_kept_of_a_correction(
    make_correction: Callable[..., Correction],
) -> None:
    correction = make_correction(
        detector="yunet", model_sha256="ab" * 32, unreliable_because="too small to say"
    )
    shown = consent.kept(correction).values()
    assert {"YuNet", "ab" * 32, "too small to say", correction.consent} <= set(shown)
    agreed = " ".join(consent.TEXT)
    for word in ("detector", "checksum", "unreliable", "page that it came from", "version"):
        assert word in agreed


NEVER = ("photo", "file", "path", "name", "address", "ip", "mail", "session", "cookie")


def test_a_correction_has_no_place_for_a_photo_a_name_or_an_address() -> None:
    names = {part for field in fields(Correction) for part in field.name.split("_")}
    assert names.isdisjoint(NEVER)
