"""Where corrections, their reviews and promotions are kept."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from fer import settings
from fer.errors import DatasetError, FeedbackError, FerError
from fer.feedback.database import Database
from fer.feedback.deleted import remember_deleted, was_deleted
from fer.feedback.images import content_of
from fer.feedback.keys import contributor_id
from fer.feedback.records import Correction, Promotion, Review, Status, now
from fer.feedback.rows import PICTURES, chunks, record_of, select_corrections, where
from fer.feedback.tables import CORRECTIONS, PROMOTIONS, REVIEWS, STATE
from fer.files import write_text, writing
from fer.people import Action, require

__all__ = ["DECISIONS", "Store", "contributor_id", "open_store"]

logger = logging.getLogger(__name__)

DECISIONS = (Status.ACCEPTED, Status.REJECTED, Status.NEW)
"""What a reviewer may decide; `new` takes an earlier decision back."""


def open_store(url: str | None = None) -> "Store":
    """Open the store of corrections, which is made or brought up to date where necessary.

    Corrections older than `FER_FEEDBACK_DAYS` are deleted.

    Args:
        url: A database as SQLAlchemy names it; by default `FER_DATABASE_URL`, else a file in
            FER_HOME.

    Raises:
        ConfigError: If a setting is impossible.
        FeedbackUnavailable: If the database cannot be used.
    """
    store = Store(Database(url or settings.database_url()))
    store.finish_deletions()
    store.purge_expired()
    return store


class Store:
    """Corrections in a database; safe in several threads and processes at once.

    Every method raises FeedbackUnavailable if the database cannot be used; nothing is changed then.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def version(self) -> str:
        """A text that changes with every write."""
        with self._database.reading() as connection:
            return str(connection.scalar(select(STATE.c.version)))

    @property
    def is_empty(self) -> bool:
        """Whether it holds no correction."""
        with self._database.reading() as connection:
            return connection.scalar(select(CORRECTIONS.c.id).limit(1)) is None

    def keep(self, correction: Correction) -> bool:
        """Keep a correction; once it returns, the correction survives a power cut.

        Returns:
            False if that id is already there, or was deleted since: sending it again does no harm.

        Raises:
            FeedbackError: If the crop is no PNG.
        """
        require(Action.CORRECT)
        crop, face = content_of(correction.crop)
        larger = correction.larger_crop and content_of(correction.larger_crop)[0]
        correction = replace(
            correction,
            created=min(correction.created, now()),  # or a wrong clock evades the purge
            crop=crop,
            larger_crop=larger or None,
            face=face,
        )
        dialect = sqlite if self._database.is_sqlite else postgresql
        insert = dialect.insert(CORRECTIONS).values(asdict(correction)).on_conflict_do_nothing()
        with self._changing() as connection:
            if was_deleted(connection, correction.id):
                return False
            is_new = connection.scalar(insert.returning(CORRECTIONS.c.id)) is not None
            # PostgreSQL lets the insertion wait until a deletion that was under way has ended.
            is_back = is_new and was_deleted(connection, correction.id)
        if is_back:
            self._delete([CORRECTIONS.c.id == correction.id], None)
        return is_new and not is_back

    def take_back(self, id: str, contributor: str) -> bool:
        """Delete one correction of a contributor; False if it is not there, or not theirs."""
        return bool(self.delete(contributor=contributor, ids=[id]))

    def corrections(
        self,
        *,
        contributor: str | None = None,
        status: str | None = None,
        ids: Iterable[str] | None = None,
        with_crops: bool = True,
        with_larger_crops: bool = True,
    ) -> list[Correction]:
        """Corrections, oldest first: those that fit everything that is given.

        Args:
            contributor: Of this contributor.
            status: With this status.
            ids: With one of these ids.
            with_crops: Also read their pictures; else `crop` is empty and `larger_crop` None.
            with_larger_crops: Also read the larger ones of these; else they are None.
        """
        pictures = PICTURES if with_larger_crops else ("crop",)
        with self._database.reading() as connection:
            conditions = where(contributor=contributor, status=status)
            return select_corrections(
                connection, conditions, ids, pictures=pictures if with_crops else ()
            )

    def decisions(self) -> list[tuple[str, str, str, str, bool | None]]:
        """Id, status, label, reason and `held_out` of all corrections, oldest first."""
        columns = CORRECTIONS.c
        query = select(
            columns.id, columns.status, columns.label, columns.reason, columns.held_out
        ).order_by(columns.created, columns.id)
        with self._database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def delete(
        self, *, contributor: str | None = None, ids: Iterable[str] | None = None
    ) -> list[Correction]:
        """Delete corrections with their reviews, so that no trace of them stays in the files.

        Args:
            contributor: Of this contributor.
            ids: With one of these ids.

        Returns:
            What was deleted, without pictures.

        Raises:
            FeedbackError: If neither is given.
        """
        if contributor is None and ids is None:
            raise FeedbackError("Nothing is named to delete. Name a contributor, or corrections.")
        return self._delete(where(contributor=contributor), ids)

    def purge_expired(self) -> None:
        """Delete what is older than `FER_FEEDBACK_DAYS`, if that is set.

        Raises:
            ConfigError: If the setting is impossible.
        """
        if (days := settings.feedback_days()) is not None:
            self.purge(days)

    def purge(self, older_than_days: int) -> int:
        """Delete what was created more than this many days ago; how many were deleted.

        Raises:
            FeedbackError: If the days are more than `settings.MOST_FEEDBACK_DAYS`.
        """
        if older_than_days > settings.MOST_FEEDBACK_DAYS:
            raise FeedbackError(
                f"{older_than_days:,} days are too many; expected at most "
                f"{settings.MOST_FEEDBACK_DAYS:,}. Name fewer."
            )
        end = now() - timedelta(days=older_than_days)
        with self._database.reading() as connection:
            oldest = connection.scalar(select(func.min(CORRECTIONS.c.created)))
        if oldest is None or oldest >= end:
            return 0
        return len(self._delete([CORRECTIONS.c.created < end], None))

    def review(
        self,
        ids: Iterable[str],
        *,
        decision: str,
        reviewer: str,
        label: str | None = None,
        reason: str = "",
    ) -> int:
        """Accept or reject corrections; those in quarantine, and unknown ids, stay as they are.

        Args:
            ids: Of the corrections.
            decision: One of `DECISIONS`.
            reviewer: Who decides.
            label: What they are accepted as; the verdict of each by default.
            reason: Why they are rejected.

        Returns:
            How many were reviewed.

        Raises:
            FeedbackError: If the decision is unknown, no reviewer is named, or the label is not
                one that the corrected model knows.
        """
        require(Action.REVIEW)
        if decision not in DECISIONS:
            known = ", ".join(DECISIONS)
            raise FeedbackError(f"The decision is '{decision}'; expected one of {known}.")
        if not reviewer.strip():
            raise FeedbackError("A review needs its reviewer. Enter your name.")
        when = now()
        with self._changing() as connection:
            found = select_corrections(
                connection, [CORRECTIONS.c.status != Status.QUARANTINED], ids
            )
            given = {one.id: _label(one, decision, label) for one in found}
            for each in sorted(set(given.values())):
                for some in chunks([id for id in given if given[id] == each]):
                    change = {"status": decision, "label": each, "reason": reason}
                    of_them = CORRECTIONS.c.id.in_(some)
                    connection.execute(CORRECTIONS.update().where(of_them).values(change))
            written = {
                "reviewer": reviewer.strip(), "decision": decision, "reason": reason, "when": when,
            }  # fmt: skip
            rows = [{"correction": id, "label": given[id], **written} for id in given]
            if rows:
                connection.execute(REVIEWS.insert(), rows)
        return len(found)

    def reviews(self, correction: str | None = None) -> list[Review]:
        """The reviews of a correction, or all of them, oldest first."""
        query = select(REVIEWS).order_by(REVIEWS.c.id)
        if correction is not None:
            query = query.where(REVIEWS.c.correction == correction)
        with self._database.reading() as connection:
            return [record_of(Review, row) for row in connection.execute(query)]

    def quarantine(self, ids: Iterable[str], reason: str) -> None:
        """Bar corrections from training and testing, for good."""
        self._set(ids, status=Status.QUARANTINED, label="", reason=reason)

    def hold_out(self, ids: Iterable[str], *, held_out: bool) -> None:
        """Decide that corrections measure models, or that they train them."""
        self._set(ids, held_out=held_out)

    def promotions(self) -> list[Promotion]:
        """All promotions, oldest first."""
        query = select(PROMOTIONS).order_by(PROMOTIONS.c.when)
        with self._database.reading() as connection:
            return [record_of(Promotion, row) for row in connection.execute(query)]

    def record_promotion(self, promotion: Promotion) -> None:
        """Remember a promotion, or the new state of one that is known."""
        with self._changing() as connection:
            connection.execute(PROMOTIONS.delete().where(PROMOTIONS.c.id == promotion.id))
            values = asdict(promotion) | {"figures": dict(promotion.figures)}
            connection.execute(PROMOTIONS.insert().values(values))

    def finish_deletions(self) -> None:
        """Remove what deletions left in the database's files, and beside it on this machine.

        What prevents it now (a lock, a full disk) is logged, and tried again at the next opening.
        """
        with _tried_again():
            with self._database.reading() as connection:
                state = connection.execute(select(STATE.c.unwiped, STATE.c.deletion)).one()
            with _tried_again():
                self._wipe(state.unwiped)
            self._remove_traces(state.deletion)

    def _wipe(self, unwiped: str) -> None:
        if unwiped and self._database.wipe():
            same = STATE.c.unwiped == unwiped  # or another deletion came meanwhile
            with self._database.writing() as connection:
                connection.execute(STATE.update().where(same).values(unwiped=""))

    def _remove_traces(self, deletion: str) -> None:
        """Remove what this machine keeps of deleted corrections, once for each last deletion."""
        done = settings.feedback_folder() / "deletion.txt"
        if not deletion or not done.parent.is_dir():
            return
        with writing(done.parent, DatasetError):
            if done.is_file() and done.read_bytes() == deletion.encode():
                return
            from fer.feedback.traces import remove_traces  # pandas: only after a deletion

            remove_traces(lambda: {id for id, *_ in self.decisions()})
            write_text(done, deletion)

    def _delete(
        self, conditions: list[ColumnElement[bool]], ids: Iterable[str] | None
    ) -> list[Correction]:
        with self._changing() as connection:
            found = select_corrections(connection, conditions, ids)
            for some in chunks([correction.id for correction in found]):
                connection.execute(CORRECTIONS.delete().where(CORRECTIONS.c.id.in_(some)))
            remember_deleted(connection, [correction.id for correction in found])
            if found:
                deletion = uuid4().hex
                connection.execute(STATE.update().values(unwiped=deletion, deletion=deletion))
        self.finish_deletions()
        return found

    def _set(self, ids: Iterable[str], **values: Any) -> None:
        with self._changing() as connection:
            for some in chunks(ids):
                of_them = CORRECTIONS.c.id.in_(some)
                connection.execute(CORRECTIONS.update().where(of_them).values(values))

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction that gives the store a new version."""
        with self._database.writing() as connection:
            yield connection
            connection.execute(STATE.update().values(version=uuid4().hex))


@contextmanager
def _tried_again() -> Iterator[None]:
    """Log what prevents the removal of traces; the deletion itself stands."""
    try:
        yield
    except FerError as error:
        logger.warning("Traces of deleted corrections remain for now. %s", error)


def _label(correction: Correction, decision: str, label: str | None) -> str:
    """What a correction is labelled by a decision, "" unless it accepts it."""
    if decision != Status.ACCEPTED:
        return ""
    given = label or correction.verdict
    if given not in correction.verdicts:
        raise FeedbackError(
            f"'{given}' is not what {correction.model} knows; expected one of "
            f"{', '.join(correction.verdicts)}."
        )
    return given
