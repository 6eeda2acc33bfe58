"""All of this holds on SQLite and on PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pytest

from fer import settings
from fer.errors import FeedbackError, FeedbackUnavailable
from fer.feedback import rows
from fer.feedback import store as module
from fer.feedback.database import Database
from fer.feedback.images import content_of
from fer.feedback.records import Correction, Promotion, Status, now
from fer.feedback.store import Store, open_store
from fer.pixels import content_hash

MakeCorrection = Callable[..., Correction]


def ids_of(corrections: list[Correction]) -> list[str]:
    return [correction.id for correction in corrections]


def keep(store: Store, *corrections: Correction) -> None:
    for correction in corrections:
        assert store.keep(correction)


def test_a_correction_comes_back_as_it_was_kept(
    store: Store, make_correction: MakeCorrection
) -> None:
    kept = make_correction(larger_crop=make_correction(7).crop, side_px=61.5, sharpness=0.25)
    keep(store, kept)
    [back] = store.corrections()
    assert back == replace(kept, face=content_of(kept.crop)[1])


def test_the_hash_of_a_face_is_that_which_data_sets_have(
    store: Store, make_correction: MakeCorrection
) -> None:
    pixels = np.arange(48 * 48, dtype=np.uint8).reshape(48, 48)
    keep(store, make_correction(crop=cv2.imencode(".png", pixels)[1].tobytes()))
    assert store.corrections()[0].face == content_hash(pixels)


def test_the_same_id_sent_twice_is_one_correction(
    store: Store, make_correction: MakeCorrection
) -> None:
    correction = make_correction()
    assert [store.keep(correction), store.keep(correction)] == [True, False]
    assert ids_of(store.corrections()) == [correction.id]


def test_threads_that_send_one_correction_at_once_keep_it_once(
    store: Store, make_correction: MakeCorrection
) -> None:
    correction = make_correction()
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(store.keep, [correction] * 16)) == [False] * 15 + [True]


def test_threads_review_and_keep_at_once(store: Store, make_correction: MakeCorrection) -> None:
    first = make_correction()
    keep(store, first)

    def work(number: int) -> object:
        if number % 2:
            return store.keep(make_correction(number))
        return store.review([first.id], decision="accepted", reviewer=f"reviewer {number}")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(24)))
    assert len(store.corrections()) == 13
    assert len(store.reviews(first.id)) == 12


def test_corrections_are_found_by_contributor_status_and_id(
    store: Store, make_correction: MakeCorrection
) -> None:
    old, mine, other = (
        make_correction(0, created=now() - timedelta(days=9)),
        make_correction(1, contributor="me", created=now() - timedelta(days=1)),
        make_correction(2),
    )
    keep(store, other, mine, old)
    store.review([mine.id], decision="rejected", reviewer="R")
    assert ids_of(store.corrections()) == [old.id, mine.id, other.id]
    assert ids_of(store.corrections(contributor="me")) == [mine.id]
    assert ids_of(store.corrections(status="new")) == [old.id, other.id]
    assert ids_of(store.corrections(ids=[other.id, str(uuid4())])) == [other.id]
    assert store.corrections(ids=[]) == []


def test_without_crops_or_only_the_larger_ones_everything_else_is_read(
    store: Store, make_correction: MakeCorrection
) -> None:
    keep(store, make_correction(larger_crop=make_correction(1).crop))
    [whole], [light] = store.corrections(), store.corrections(with_crops=False)
    assert light == replace(whole, crop=b"", larger_crop=None)
    assert store.corrections(with_larger_crops=False) == [replace(whole, larger_crop=None)]


def test_more_ids_than_a_statement_takes_are_changed_together(
    store: Store, make_correction: MakeCorrection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_AT_ONCE", 2)
    sent = [make_correction(number) for number in range(5)]
    keep(store, *sent)
    assert store.review(ids_of(sent), decision="accepted", reviewer="R") == 5
    store.hold_out(ids_of(sent)[:3], held_out=True)
    assert sorted(bool(one.held_out) for one in store.corrections()) == [False] * 2 + [True] * 3
    assert len(store.delete(ids=ids_of(sent))) == 5


def test_a_review_gives_a_status_and_a_label_and_is_remembered(
    store: Store, make_correction: MakeCorrection
) -> None:
    one, two = make_correction(0), make_correction(1)
    keep(store, one, two)
    assert store.review([one.id, two.id], decision="accepted", reviewer=" Kim ") == 2
    store.review([two.id], decision="accepted", reviewer="Lee", label="surprise")
    assert {c.id: (c.status, c.label) for c in store.corrections()} == {
        one.id: ("accepted", "happy"),
        two.id: ("accepted", "surprise"),
    }
    store.review([one.id], decision="rejected", reviewer="Lee", reason="blurred")
    [rejected] = store.corrections(ids=[one.id])
    assert (rejected.status, rejected.label, rejected.reason) == ("rejected", "", "blurred")
    assert [(r.reviewer, r.decision, r.reason) for r in store.reviews(one.id)] == [
        ("Kim", "accepted", ""),
        ("Lee", "rejected", "blurred"),
    ]
    assert len(store.reviews()) == 4


def test_decisions_are_those_of_the_corrections_in_their_order(
    store: Store, make_correction: MakeCorrection
) -> None:
    sent = [make_correction(seed) for seed in range(4)]
    keep(store, *sent)
    store.review([sent[2].id], decision="accepted", reviewer="Kim", label="surprise")
    store.quarantine([sent[1].id], "a test face")
    store.hold_out([sent[2].id], held_out=True)
    assert store.decisions() == [
        (one.id, one.status, one.label, one.reason, one.held_out) for one in store.corrections()
    ]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"decision": "perhaps"}, "perhaps"),
        ({"reviewer": " "}, "reviewer"),
        ({"label": "hungry"}, "hungry"),
    ],
)
def test_a_review_that_makes_no_sense_changes_nothing(
    store: Store, make_correction: MakeCorrection, given: dict[str, str], reason: str
) -> None:
    sent = make_correction()
    keep(store, sent)
    with pytest.raises(FeedbackError, match=reason):
        store.review([sent.id], **({"decision": "accepted", "reviewer": "R"} | given))
    assert [one.status for one in store.corrections()] == ["new"]
    assert store.reviews() == []


def test_what_is_in_quarantine_is_never_accepted(
    store: Store, make_correction: MakeCorrection
) -> None:
    sent = make_correction()
    keep(store, sent)
    store.quarantine([sent.id], "a copy of a test face")
    assert store.review([sent.id], decision="accepted", reviewer="R") == 0
    [barred] = store.corrections()
    assert (barred.status, barred.reason) == (Status.QUARANTINED, "a copy of a test face")


def test_only_its_own_contributor_takes_a_correction_back(
    store: Store, make_correction: MakeCorrection
) -> None:
    sent = make_correction(contributor="me")
    keep(store, sent)
    assert not store.take_back(sent.id, "another")
    assert store.take_back(sent.id, "me")
    assert not store.take_back(sent.id, "me")
    assert store.corrections() == []


def test_a_contributor_deletes_all_of_theirs_with_its_reviews_and_nothing_else(
    store: Store, make_correction: MakeCorrection
) -> None:
    mine = [make_correction(number, contributor="me") for number in range(2)]
    other = make_correction(2)
    keep(store, *mine, other)
    store.review(ids_of([*mine, other]), decision="accepted", reviewer="R")
    deleted = store.delete(contributor="me")
    assert sorted(ids_of(deleted)) == sorted(ids_of(mine))
    assert all(one.face and not one.crop for one in deleted)
    assert ids_of(store.corrections()) == [other.id]
    assert [review.correction for review in store.reviews()] == [other.id]


def test_a_deleted_correction_that_is_sent_again_does_not_come_back(
    store: Store, make_correction: MakeCorrection, tmp_path: Path
) -> None:
    mine, purged, other = (
        make_correction(number, created=now() - timedelta(days=age))
        for number, age in enumerate((0, 31, 0))
    )
    keep(store, mine, purged, other)
    store.delete(ids=[mine.id])
    store.purge(30)
    assert [store.keep(one) for one in (mine, purged, other)] == [False] * 3
    assert ids_of(store.corrections()) == [other.id]
    files = Files(store, tmp_path)
    assert files.held(mine.crop) == [False]
    assert mine.id.encode() not in files.content(), "a hash of it is enough"


def test_a_correction_that_is_sent_again_while_it_is_deleted_does_not_come_back(
    url: str, make_correction: MakeCorrection, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, sent = open_store(url), make_correction()
    keep(store, sent)
    is_deleting, again = Event(), Event()
    remember = module.remember_deleted

    def remember_slowly(*given: Any) -> None:
        is_deleting.set()
        again.wait(1)
        remember(*given)

    monkeypatch.setattr(module, "remember_deleted", remember_slowly)
    with ThreadPoolExecutor(2) as pool:
        deletion = pool.submit(store.delete, ids=[sent.id])
        assert is_deleting.wait(10)
        late = pool.submit(open_store(url).keep, sent)
        deletion.result(), late.result()
    assert store.corrections() == []


def test_nothing_is_deleted_unless_it_is_named(
    store: Store, make_correction: MakeCorrection
) -> None:
    keep(store, make_correction())
    with pytest.raises(FeedbackError, match="named"):
        store.delete()
    assert store.delete(ids=[]) == []
    assert [one.status for one in store.corrections()] == ["new"]


def test_old_corrections_are_purged(store: Store, make_correction: MakeCorrection) -> None:
    old = make_correction(0, created=now() - timedelta(days=31))
    new = make_correction(1, created=now() - timedelta(days=29))
    keep(store, old, new)
    assert store.purge(30) == 1
    assert ids_of(store.corrections()) == [new.id]
    assert store.purge(30) == 0


def test_more_days_than_a_calendar_has_are_refused(store: Store) -> None:
    with pytest.raises(FeedbackError, match="at most 36,500"):
        store.purge(800_000)


def test_a_store_that_stays_open_purges_by_the_setting(
    store: Store, make_correction: MakeCorrection, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, make_correction(created=now() - timedelta(days=31)))
    store.purge_expired()
    assert len(store.corrections()) == 1
    monkeypatch.setenv("FER_FEEDBACK_DAYS", "30")
    store.purge_expired()
    assert store.corrections() == []


def test_opening_the_store_purges_by_the_setting(
    url: str, make_correction: MakeCorrection, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(open_store(url), make_correction(created=now() - timedelta(days=31)))
    assert len(open_store(url).corrections()) == 1
    monkeypatch.setenv("FER_FEEDBACK_DAYS", "30")
    assert open_store(url).corrections() == []


def test_a_clock_that_is_ahead_does_not_evade_the_purge(
    store: Store, make_correction: MakeCorrection
) -> None:
    keep(store, make_correction(created=now() + timedelta(days=9000)))
    assert store.corrections()[0].created <= now()


def test_the_version_changes_with_every_write_and_with_nothing_else(
    store: Store, make_correction: MakeCorrection
) -> None:
    sent, promotion = make_correction(), promotion_of()
    writes: list[Callable[[], object]] = [
        lambda: store.keep(sent),
        lambda: store.review([sent.id], decision="accepted", reviewer="R"),
        lambda: store.hold_out([sent.id], held_out=True),
        lambda: store.quarantine([sent.id], "copy"),
        lambda: store.record_promotion(promotion),
        lambda: store.delete(ids=[sent.id]),
    ]
    seen = [store.version]
    for write in writes:
        write()
        seen.append(store.version)
        store.corrections()
        assert store.version == seen[-1]
    assert len(set(seen)) == len(seen)


def promotion_of() -> Promotion:
    return Promotion(
        id=str(uuid4()),
        when=now(),
        by="Kim",
        rule="",
        model_before="ferplus",
        model_after="tuned",
        figures={"accuracy": [0.81, 0.83]},
    )


def test_a_promotion_is_remembered_and_marked_when_it_is_undone(store: Store) -> None:
    first, second = promotion_of(), promotion_of()
    store.record_promotion(first)
    store.record_promotion(second)
    assert store.promotions() == [first, second]
    undone = replace(second, undone=now())
    store.record_promotion(undone)
    assert store.promotions() == [first, undone]


def test_text_from_outside_is_data_and_never_sql(
    store: Store, make_correction: MakeCorrection
) -> None:
    name = "Robert'); DROP TABLE corrections;-- Ω 😀"
    keep(store, make_correction(model=name))
    assert store.corrections()[0].model == name
    assert store.corrections(contributor="' OR 1=1 --") == []


class Files:
    """The files of a database; PostgreSQL's log of changes, which the server keeps, is no part."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._engine, self._folder = store._database.engine, folder
        self._is_server = not store._database.is_sqlite
        if self._is_server:
            with self._engine.connect() as connection:
                query = "SELECT oid FROM pg_database WHERE datname = current_database()"
                oid = connection.exec_driver_sql(query).scalar()
            socket = store._database.url.query["host"]
            self._folder = Path(str(socket)) / "data" / "base" / str(oid)

    def held(self, *pngs: bytes) -> list[bool]:
        """Whether a part of a picture is in a file, for each picture."""
        content = self.content()
        return [
            any(png[start : start + 24] in content for start in range(64, len(png) - 48, 400))
            for png in pngs
        ]

    def content(self) -> bytes:
        if self._is_server:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("CHECKPOINT")
        files = [path for path in self._folder.rglob("*") if path.is_file()]
        return b"\n".join(path.read_bytes() for path in files)


def test_no_byte_of_a_deleted_picture_stays_in_the_files(
    store: Store, tmp_path: Path, make_correction: MakeCorrection
) -> None:
    noise = np.random.default_rng(99).integers(0, 256, (120, 120, 3), dtype=np.uint8)
    larger = cv2.imencode(".png", noise)[1].tobytes()
    sent = [make_correction(number) for number in range(30)]
    sent[11] = replace(sent[11], larger_crop=larger)
    keep(store, *sent)
    files = Files(store, tmp_path)
    gone, stays = sent[3:20], [*sent[:3], *sent[20:]]
    # A reader beside it keeps SQLite's log of changes from being removed as the last one leaves.
    with store._database.engine.connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM corrections").one()
        reader.rollback()
        assert all(files.held(*(one.crop for one in sent), larger))
        store.delete(ids=ids_of(gone))
        assert not any(files.held(*(one.crop for one in gone), larger))
    assert all(files.held(*(one.crop for one in stays)))


def test_no_word_of_the_reviews_of_a_deleted_correction_stays_in_the_files(
    store: Store, tmp_path: Path, make_correction: MakeCorrection
) -> None:
    gone, stays = make_correction(0), make_correction(1)
    keep(store, gone, stays)
    for sent, reason in ((gone, "blurred beyond repair"), (stays, "a statue of stone")):
        store.review([sent.id], decision="rejected", reviewer="R", reason=reason)
    files = Files(store, tmp_path)
    assert b"blurred beyond repair" in files.content()
    store.delete(ids=[gone.id])
    assert b"blurred beyond repair" not in files.content()
    assert b"a statue of stone" in files.content()


def test_a_deletion_that_was_interrupted_is_wiped_at_the_next_opening(
    url: str, tmp_path: Path, make_correction: MakeCorrection, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, sent = open_store(url), make_correction()
    keep(store, sent, make_correction(1))
    files = Files(store, tmp_path)
    with store._database.engine.connect() as other:
        other.exec_driver_sql("SELECT count(*) FROM corrections").one()
        other.rollback()
        with monkeypatch.context() as patch:
            patch.setattr(Database, "wipe", lambda self: False)
            store.delete(ids=[sent.id])
        assert files.held(sent.crop) == [True]
        open_store(url)
        assert files.held(sent.crop) == [False]


def test_what_prevents_wiping_prevents_no_deletion_and_is_logged(
    store: Store,
    make_correction: MakeCorrection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(self: Database) -> bool:
        raise FeedbackUnavailable("The disk is full.")

    monkeypatch.setattr(Database, "wipe", fail)
    sent = make_correction()
    keep(store, sent)
    assert ids_of(store.delete(ids=[sent.id])) == [sent.id]
    assert store.corrections() == []
    assert "The disk is full." in caplog.text


WRITERS = Path(__file__).with_name("writers.py")


@pytest.mark.slow
def test_writers_that_are_killed_lose_nothing_halve_nothing_and_repeat_nothing(
    url: str, tmp_path: Path
) -> None:
    """Eight writers, 20 kills at random; a writer that is started again repeats its last id."""
    open_store(url)
    done = subprocess.run(
        [sys.executable, WRITERS, url, tmp_path, "20"],
        env={**os.environ, "PYTHONPATH": str(settings.checkout())},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("20 killed", "")
    journals = [path.read_text().split() for path in sorted(tmp_path.glob("*.sent"))]
    acknowledged = [id for path in tmp_path.glob("*.kept") for id in path.read_text().split()]
    kept = open_store(url).corrections()
    ids = ids_of(kept)
    assert len(journals) == 8
    assert all(journals)
    assert len(acknowledged) > 20
    assert len(set(ids)) == len(ids)
    assert set(acknowledged) <= set(ids)
    assert set(ids) == {id for journal in journals for id in journal}  # each repeated its last one
    for correction in kept:
        pixels = np.random.default_rng(int(correction.id[:8], 16)).integers(
            0, 256, (48, 48), dtype=np.uint8
        )
        assert np.array_equal(cv2.imdecode(np.frombuffer(correction.crop, np.uint8), 0), pixels)
        assert correction.face == content_hash(pixels)
