"""The command line: `fer COMMAND`, or `python -m fer COMMAND` in a checkout."""

import os
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # or it reports every missing GPU

COMMANDS = {
    "predict": ("predict", "predict", "Find the faces on photos and name their emotions."),
    "video": (
        "predict",
        "video",
        "Follow the faces through a video: a row for each person on each frame.",
    ),
    "train": ("train", "train", "Train a network on a data set and write it as a model."),
    "tune": ("tune", "tune", "Search for better options."),
    "evaluate": ("evaluate", "evaluate", "Measure a model on one split of a data set."),
    "calibrate": (
        "evaluate",
        "calibrate",
        "Fit a model's confidence to a data set's validation part, and keep that in its card.",
    ),
    "models": ("models", "models", "List the models that are there."),
    "export": (
        "models",
        "export",
        "Write a model as LiteRT, for phones and a quick start, and measure each form.",
    ),
    "save": ("models", "save", "Write a model's network for other programs."),
    "adopt": ("models", "adopt", "Make a model of a network that was trained elsewhere."),
    "architectures": (
        "models",
        "architectures",
        "List the networks with their cost, or show one layer by layer.",
    ),
    "app": ("app", "serve", "Serve the pages, for a browser on this machine."),
    "runs": ("runs", "app", "Manage training runs."),
    "data": ("data", "app", "The data sets of this machine."),
    "detectors": ("detectors", "app", "The face detectors of this machine."),
}
"""Module, name in it, and first sentence of the help, by command."""


class _LazyCommands(TyperGroup):
    """Imports a command's module when the command is used: `--help` must not wait for them all."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _imported(str(name)), rest


def _imported(name: str) -> Any:
    module, attribute, _ = COMMANDS[name]
    command = getattr(import_module(f"fer.cli.{module}"), attribute)
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
    """Stands for a command until it is used."""


for _name, (_, _, _help) in COMMANDS.items():
    app.command(_name, short_help=_help)(_placeholder)
