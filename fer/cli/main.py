"""The command line: `fer COMMAND`, or `python -m fer COMMAND` in a checkout."""

import os
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from fer.cli.terminal import plain_errors

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # or it reports every missing GPU

COMMANDS = {
    "predict": ("predict", "Find the faces on photos and name their emotions."),
    "video": ("predict", "Follow the faces through a video: a row for each person on each frame."),
    "train": ("train", "Train a network on a data set and write it as a model."),
    "tune": ("tune", "Search for better options."),
    "evaluate": ("evaluate", "Measure a model on one split of a data set, or on your own photos."),
    "calibrate": ("evaluate", "Fit a model's confidence to a data set's validation split."),
    "models": ("models", "List the models."),
    "export": (
        "models",
        "Write a model's other forms: LiteRT, for phones and a fast start, and ONNX.",
    ),
    "save": ("models", "Write a model's network for other programs, and compare the file with it."),
    "adopt": ("adopting", "Make a model of a network that was trained elsewhere."),
    "check": ("adopting", "Check the labels and the scale of a model that was trained elsewhere."),
    "architectures": ("models", "List the networks with their cost, or show one layer by layer."),
    "app": ("app", "Serve the app to browsers on this machine."),
    "serve": ("serve", "Serve the HTTP API, without the pages."),
    "keys": ("keys", "Manage the keys of the HTTP API."),
    "runs": ("runs", "Manage training runs."),
    "data": ("data", "Manage the data sets of this machine."),
    "feedback": ("feedback", "Manage the corrections that people sent."),
    "detectors": ("detectors", "Manage the face detectors of this machine."),
}
"""By command: its module, which defines it by its name or as `app`, and its help in short."""


class _LazyCommands(TyperGroup):
    """Imports a command's module when the command is used: `--help` must not wait for them all."""

    def invoke(self, ctx: Any) -> Any:
        with plain_errors():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _imported(str(name)), rest


def _imported(name: str) -> Any:
    module = import_module(f"fer.cli.{COMMANDS[name][0]}")
    command = vars(module).get(name) or module.app
    parent = typer.Typer(rich_markup_mode=None)
    if isinstance(command, typer.Typer):
        parent.add_typer(command, name=name)
    else:
        parent.command(name)(command)
    return get_group(parent).commands[name]


app = typer.Typer(
    cls=_LazyCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,  # rich takes longer to import than everything else that help needs
)


@app.callback()
def fer() -> None:
    """Facial emotion recognition on your own machine."""


def _placeholder() -> None:
    """Takes the place of a command until it is used."""


for _name, (_, _help) in COMMANDS.items():
    app.command(_name, short_help=_help)(_placeholder)
