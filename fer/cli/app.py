"""`app`: the pages, served on this machine."""

from importlib import import_module
from typing import Annotated

import typer

from fer import settings


def app(
    port: Annotated[int, typer.Option(help="0 to 65535; the page is http://ADDRESS:PORT.")] = 8501,
    address: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
) -> None:
    """Serve the app to browsers on this machine. Ctrl-C stops it."""
    # By name, because nothing in the library imports Streamlit.
    streamlit = import_module("streamlit.web.cli")
    options = {"server.address": address, "server.port": port, "server.headless": "true"}
    flags = [f"--{name}={value}" for name, value in options.items()]
    streamlit.main(["run", str(settings.app_file()), *flags])
