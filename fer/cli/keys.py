"""`keys …`: the keys of the HTTP API."""

import getpass
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer.cli.terminal import JsonOption, make_table, out
from fer.importing import extras
from fer.wording import counted

if TYPE_CHECKING:
    from fer.serving.key_store import KeyStore
    from fer.serving.keys import ApiKey

app = typer.Typer(help="Manage the keys of the HTTP API.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose it is, or what it is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it allows, once for each: predict, read (models and counters), jobs, "
            "feedback.",
            show_default="predict and read",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and show it, which nothing can do again: only a hash of it is kept.

    From the first key on, each request to the API needs one, on 127.0.0.1, too.
    """
    made, key = _open().add(name, scope or ["predict", "read"], by=_user())
    if as_json:
        typer.echo(json.dumps({**_facts(made), "key": key}, indent=2))
        return
    out.print(f"Made the key '{made.name}', which allows {', '.join(made.scopes)}:")
    typer.echo(key)
    out.print("Keep it now: it is not shown again. Send it as 'Authorization: Bearer KEY'.")


@app.command("list")
def list_keys(as_json: JsonOption = False) -> None:
    """List keys, oldest first, those included that were revoked."""
    found = _open().keys()
    if as_json:
        typer.echo(json.dumps([_facts(key) for key in found], indent=2))
        return
    table = make_table("begins with", "name", "allows", "made", "by", "state")
    for key in found:
        table.add_row(
            key.id,
            key.name,
            ", ".join(key.scopes),
            f"{key.created.astimezone():%Y-%m-%d %H:%M}",
            key.created_by,
            f"revoked {key.revoked.astimezone():%Y-%m-%d %H:%M}" if key.revoked else "valid",
        )
    out.print(table)
    out.print(f"{counted(len(found), 'key')}.")


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="A key's name, or what it begins with.")],
) -> None:
    """Refuse a key from now on; servers that run notice within two seconds."""
    revoked = _open().revoke(name)
    out.print(f"Revoked the key '{revoked.name}' ({revoked.id}…).")


def _open() -> "KeyStore":
    with extras():
        from fer.serving.key_store import open_keys
    return open_keys()


def _user() -> str:
    """Who runs this command; "" where the system does not know."""
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return ""


def _facts(key: "ApiKey") -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "created": key.created.isoformat(),
        "created_by": key.created_by,
        "revoked": key.revoked.isoformat() if key.revoked else None,
    }
