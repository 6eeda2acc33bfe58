"""`serve`: the HTTP API, without the pages."""

from typing import Annotated

import typer


def serve(
    port: Annotated[int, typer.Option(help="0 to 65535; 0 takes one that is free.")] = 8502,
    address: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
) -> None:
    """Serve the HTTP API, without the pages. Ctrl-C stops it.

    On another address than 127.0.0.1, and as soon as there is a key, each request needs one: see
    `keys add`. Keys travel as they are: put a proxy with TLS in front.
    """
    from fer.importing import extras

    with extras():
        from fer.serving import server
    server.serve(address=address, port=port)
