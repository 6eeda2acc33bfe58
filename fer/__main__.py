"""`python -m fer`."""

from fer.cli.main import app

app(prog_name="fer")
