"""`serve`: the HTTP API, without the pages."""

from typing import Annotated

import typer


def serve(
    port: Annotated[int, typer.Option(help="0 to 65535; 0 takes one that is free.")] = 8502,
    address: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    allow: Annotated[
        list[str] | None,
        typer.Option(
            help="Offer feedback or jobs to other machines, too; by default as FER_API_ALLOW."
        ),
    ] = None,
) -> None:
    """Serve the HTTP API, without the pages. Ctrl-C stops it.

    On another address than 127.0.0.1 others may predict and list the models; jobs and feedback only
    if they are allowed. It has no login: put it behind a proxy that has one.
    """
    from fer.importing import extras

    with extras():
        from fer.serving import access, server
    allowed = access.allowed(allow) if allow else access.allowed_by_environment()
    server.serve(address=address, port=port, allowed=allowed)
