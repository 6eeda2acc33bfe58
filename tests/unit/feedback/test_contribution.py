from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer.errors import FeedbackUnavailable
from fer.faces.quality import Quality
from fer.feedback.asking import Question
from fer.feedback.contribution import Contribution
from fer.feedback.store import Store, contributor_id, open_store
from fer.inference.answer import FacePrediction
from fer.models.model import Model


class Database:
    """A real one, which can go away, and which counts how often it was opened."""

    def __init__(self, file: Path) -> None:
        self.url = f"sqlite:///{file}"
        self.is_away = False
        self.loses_answers = False
        self.opened = 0

    def open(self) -> Store:
        self.opened += 1
        if self.is_away:
            raise FeedbackUnavailable("The database is away.")
        return _Forgetful(self.url) if self.loses_answers else open_store(self.url)

    def verdicts(self) -> list[str]:
        return [correction.verdict for correction in open_store(self.url).corrections()]


class _Forgetful:
    """A store that does what it is asked, and whose answer gets lost."""

    def __init__(self, url: str) -> None:
        self._store = open_store(url)

    def keep(self, correction: object) -> bool:
        self._store.keep(correction)
        raise FeedbackUnavailable("The connection was lost.")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "feedback.db")


@pytest.fixture
def given(database: Database) -> Contribution:
    return Contribution(database.open)


@pytest.fixture
def ask(tiny_model: Model) -> Callable[[int], Question]:
    """A question about the face with a seed."""

    def made(seed: int) -> Question:
        labels = tiny_model.card.labels
        face = FacePrediction(
            number=1, box=(0, 0, 24, 24), score=0.9,
            quality=Quality(side_px=24, tilt_deg=None, turn=None, sharpness=0.5, brightness=99.0),
            probabilities=dict.fromkeys(labels, 1 / len(labels)),
            crop=np.random.default_rng(seed).integers(0, 256, (24, 24, 1), dtype=np.uint8),
        )  # fmt: skip
        card = replace(tiny_model.card, model_sha256="ab" * 32)
        return Question(
            face=face, card=card, detector="yunet", source="predict",
            read_photo=lambda: np.zeros((24, 24, 3), np.uint8),
        )  # fmt: skip

    return made


def test_nothing_is_opened_before_something_is_kept(
    given: Contribution, database: Database
) -> None:
    assert (given.words, given.key, database.opened) == ("", "", 0)


def test_all_that_a_person_keeps_is_under_one_new_key(
    given: Contribution, database: Database, ask: Callable[[int], Question]
) -> None:
    given.keep(ask(1), "several")
    given.keep(ask(2), "not_a_face")
    assert given.is_key_new
    own = open_store(database.url).corrections(contributor=contributor_id(given.key))
    assert [correction.verdict for correction in own] == ["several", "not_a_face"]


def test_a_second_click_keeps_nothing_more(
    given: Contribution, database: Database, ask: Callable[[int], Question]
) -> None:
    given.keep(ask(1), "several")
    given.keep(ask(1), "cannot_tell")
    assert database.verdicts() == ["several"]


def test_what_is_undone_is_gone_from_the_database_and_can_be_answered_anew(
    given: Contribution, database: Database, ask: Callable[[int], Question]
) -> None:
    given.keep(ask(1), "several")
    given.take_back(ask(1))
    assert (database.verdicts(), given.kept) == ([], {})
    given.keep(ask(1), "cannot_tell")
    assert database.verdicts() == ["cannot_tell"]


def test_what_a_database_cannot_take_waits_until_it_is_sent_again(
    given: Contribution, database: Database, ask: Callable[[int], Question]
) -> None:
    database.is_away = True
    given.keep(ask(1), "several")
    assert (len(given.waiting), given.kept) == (1, {})
    assert "away" in str(given.problem)
    database.is_away = False
    given.send()
    assert (given.waiting, len(given.kept), given.problem) == ({}, 1, None)
    assert database.verdicts() == ["several"]


def test_what_waits_goes_with_the_next_correction(
    given: Contribution, database: Database, ask: Callable[[int], Question]
) -> None:
    database.is_away = True
    given.keep(ask(1), "several")
    database.is_away = False
    given.keep(ask(2), "cannot_tell")
    assert sorted(database.verdicts()) == ["cannot_tell", "several"]


def test_a_correction_whose_receipt_got_lost_is_kept_once(
    given: Contribution, database: Database, ask: Callable[[int], Question]
) -> None:
    database.loses_answers = True
    given.keep(ask(1), "several")
    assert len(given.waiting) == 1
    database.loses_answers = False
    given.send()
    assert database.verdicts() == ["several"]


def test_a_correction_whose_receipt_got_lost_can_be_taken_back(
    given: Contribution, database: Database, ask: Callable[[int], Question]
) -> None:
    database.loses_answers = True
    given.keep(ask(1), "several")
    database.loses_answers = False
    given.take_back(ask(1))
    assert (database.verdicts(), given.waiting) == ([], {})


def test_what_cannot_be_undone_is_still_shown_as_kept(
    given: Contribution, database: Database, ask: Callable[[int], Question]
) -> None:
    given.keep(ask(1), "several")
    database.is_away = True
    with pytest.raises(FeedbackUnavailable):
        given.take_back(ask(1))
    assert ask(1).identity in given.kept


def test_undo_works_after_an_earlier_key_was_entered(
    given: Contribution, database: Database, ask: Callable[[int], Question]
) -> None:
    given.keep(ask(1), "several")
    given.use_key("another key")
    given.take_back(ask(1))
    assert database.verdicts() == []
