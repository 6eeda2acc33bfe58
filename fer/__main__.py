"""`python -m fer`."""

from fer.cli import app

app(prog_name="fer")
