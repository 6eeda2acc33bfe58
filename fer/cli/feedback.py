"""`feedback …`: the corrections that people sent."""

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fer import settings
from fer.cli import learning
from fer.cli.terminal import JsonOption, make_table, out
from fer.errors import FeedbackError
from fer.wording import counted, percent

if TYPE_CHECKING:
    from fer.feedback.records import Correction

app = typer.Typer(help="Manage the corrections that people sent.", no_args_is_help=True)

KeyOption = Annotated[
    str | None, typer.Option(help="A contributor's key: only what that person sent.")
]
StatusOption = Annotated[
    str | None, typer.Option(help="Only those that are new, accepted, rejected or quarantined.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


@app.command("list")
def list_corrections(
    key: KeyOption = None, status: StatusOption = None, as_json: JsonOption = False
) -> None:
    """List corrections, oldest first."""
    from fer.feedback.exporting import facts
    from fer.feedback.records import in_words

    found = _found(key, status, with_crops=False)
    if as_json:
        typer.echo(json.dumps([facts(correction) for correction in found], indent=2))
        return
    table = make_table("id", "when", "contributor", "model", "its answer", "verdict", "status")
    for correction in found:
        share = percent(max(correction.probabilities))
        table.add_row(
            correction.id[:8],
            f"{correction.created.astimezone():%Y-%m-%d %H:%M}",
            correction.contributor[:8],
            correction.model,
            f"{correction.answer} {share}",
            in_words(correction.verdict),
            correction.status,
        )
    out.print(table)
    out.print(f"{counted(len(found), 'correction')}.")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The ZIP archive to write.")],
    key: KeyOption = None,
    status: StatusOption = None,
) -> None:
    """Write corrections with their pictures as a ZIP archive."""
    from fer.feedback.exporting import write_zip
    from fer.files import replace_file

    found = _found(key, status, with_crops=True)
    try:
        with replace_file(file) as archive:
            write_zip(found, archive)
    except OSError as error:
        reason = error.strerror or error
        raise FeedbackError(f"'{file}' cannot be written: {reason}. Name another file.") from error
    out.print(f"Wrote {counted(len(found), 'correction')} to {file}.")


@app.command()
def delete(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of corrections, or the starts of ids.")
    ] = None,
    key: KeyOption = None,
    yes: YesOption = False,
) -> None:
    """Delete corrections, or all of a contributor, for good."""
    from fer.feedback.store import open_store

    if not ids and key is None:
        raise FeedbackError("Nothing is named to delete. Name corrections, or give --key.")
    store, contributor = open_store(), _contributor(key)
    found = store.corrections(contributor=contributor, with_crops=False)
    named = [_named(found, start) for start in ids] if ids else [one.id for one in found]
    if named and not yes:
        typer.confirm(f"Delete {counted(len(named), 'correction')} for good?", abort=True)
    deleted = store.delete(contributor=contributor, ids=named if ids else None)
    out.print(f"Deleted {counted(len(deleted), 'correction')}.")
    learning.print_outdated(store)


@app.command()
def purge(
    days: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=settings.MOST_FEEDBACK_DAYS,
            help="Their age; FER_FEEDBACK_DAYS by default.",
            show_default=False,
        ),
    ] = None,
    yes: YesOption = False,
) -> None:
    """Delete the corrections that are older than a number of days."""
    from fer.feedback.database import Database
    from fer.feedback.records import now
    from fer.feedback.store import Store

    limit = days or settings.feedback_days()
    if limit is None:
        raise FeedbackError("How old is too old? Give --days, or set FER_FEEDBACK_DAYS.")
    store = Store(Database(settings.database_url()))  # `open_store` would purge before the question
    end = now() - timedelta(days=limit)
    old = sum(one.created < end for one in store.corrections(with_crops=False))
    if old and not yes:
        question = (
            f"Delete {counted(old, 'correction')} older than {counted(limit, 'day')} for good?"
        )
        typer.confirm(question, abort=True)
    out.print(f"Deleted {counted(store.purge(limit), 'correction')}.")
    learning.print_outdated(store)


for _command in (
    learning.train,
    learning.compare,
    learning.promote,
    learning.undo,
    learning.models,
):
    app.command()(_command)


def _named(corrections: "list[Correction]", start: str) -> str:
    """The id that begins so."""
    ids = [correction.id for correction in corrections if correction.id.startswith(start)]
    if len(ids) != 1:
        found = (
            f"{len(ids)} corrections whose ids begin" if ids else "no correction whose id begins"
        )
        raise FeedbackError(
            f"There {'are' if ids else 'is'} {found} with '{start}'. List them with: "
            "python -m fer feedback list --json"
        )
    return ids[0]


def _found(key: str | None, status: str | None, *, with_crops: bool) -> "list[Correction]":
    from fer.feedback.records import Status
    from fer.feedback.store import open_store

    if status is not None and status not in list(Status):
        raise FeedbackError(f"There is no status '{status}'. Expected one of: {', '.join(Status)}.")
    return open_store().corrections(
        contributor=_contributor(key), status=status, with_crops=with_crops
    )


def _contributor(key: str | None) -> str | None:
    from fer.feedback.store import contributor_id

    return None if key is None else contributor_id(key)
