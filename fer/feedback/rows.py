"""Rows of the database as records."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from fer.feedback.records import Correction
from fer.feedback.tables import CORRECTIONS

PICTURES = ("crop", "larger_crop")
"""The columns that hold images."""

_AT_ONCE = 1000
"""Ids in one statement; databases have their limits."""


def where(
    *, contributor: str | None = None, status: str | None = None
) -> list[ColumnElement[bool]]:
    """The conditions that corrections have to fit."""
    columns = CORRECTIONS.c
    conditions = []
    if contributor is not None:
        conditions.append(columns.contributor == contributor)
    if status is not None:
        conditions.append(columns.status == status)
    return conditions


def select_corrections(
    connection: Connection,
    conditions: Sequence[ColumnElement[bool]],
    ids: Iterable[str] | None,
    *,
    pictures: Collection[str] = (),
) -> list[Correction]:
    """The corrections that fit the conditions and have one of the ids, oldest first.

    Of `PICTURES`, only those are read that are named.
    """
    left_out = {*PICTURES} - {*pictures}
    columns = [column for column in CORRECTIONS.c if column.name not in left_out]
    query = select(*columns).where(*conditions)
    queries = (
        [query]
        if ids is None
        else [query.where(CORRECTIONS.c.id.in_(some)) for some in chunks(ids)]
    )
    rows = [row for query in queries for row in connection.execute(query)]
    found = [_correction(row) for row in rows]
    return sorted(found, key=lambda correction: (correction.created, correction.id))


def _correction(row: Row[Any]) -> Correction:
    values = {"crop": b"", **row._mapping}
    values["labels"] = tuple(values["labels"])
    values["probabilities"] = tuple(values["probabilities"])
    return Correction(**values)


def record_of(kind: Callable[..., Any], row: Row[Any]) -> Any:
    """The row of a table as a record; columns that the record lacks are left out."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in row._mapping.items() if name in names})


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Ids in portions that one statement takes."""
    wanted = list(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]
