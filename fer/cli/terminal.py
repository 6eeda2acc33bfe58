"""What commands share: consoles, progress bars, errors as sentences.

Rich is imported on first use, so that the help of a command appears at once.
"""

import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer.errors import FerError
from fer.importing import extras

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.table import Column, Table


class _Output:
    """The terminal, as rich prints to it."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr

    @cached_property
    def console(self) -> "Console":
        from rich.console import Console

        return Console(stderr=self._stderr)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as `rich.console.Console.print` does."""
        self.console.print(*objects, **options)


out = _Output()
err = _Output(stderr=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def escape(text: str) -> str:
    """Keep rich from reading markup into a text."""
    from rich.markup import escape

    return escape(text)


def make_table(*headers: "Column | str") -> "Table":
    """An empty table."""
    from rich.table import Table

    return Table(*headers)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show a deliberate error as a sentence and exit with status 1."""
    try:
        with extras():
            yield
    except FerError as error:
        err.print(f"[red]Error:[/red] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None


@contextmanager
def quiet_imports() -> Iterator[None]:
    """Keep TensorFlow's start-up notes off the terminal.

    They go to the file descriptor before any setting of a log level counts; an unexpected error
    shows them.
    """
    before = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        try:
            os.dup2(notes.fileno(), 2)
            yield
        except (FerError, KeyboardInterrupt):
            raise
        except BaseException:
            notes.seek(0)
            os.write(before, notes.read())
            raise
        finally:
            os.dup2(before, 2)
            os.close(before)


def import_keras() -> None:
    """Import Keras and its backend without the notes of TensorFlow."""
    with quiet_imports():
        import keras  # noqa: F401


@contextmanager
def progress() -> "Iterator[Progress]":
    """Bars on the error output, so that the output stays clean."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err.console) as bar:
        yield bar


class Counter:
    """A bar that appears with its first report."""

    def __init__(self, bar: "Progress", what: str) -> None:
        self._bar, self._what = bar, what
        self._task: TaskID | None = None

    def __call__(self, done: int, planned: int) -> None:
        if self._task is None:
            self._task = self._bar.add_task(self._what, total=planned)
        self._bar.update(self._task, completed=done, total=planned or None)


@contextmanager
def stop_on_interrupt(
    notice: str = "Stopping after this step. Ctrl-C again to stop at once, keeping nothing.",
) -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into a request; a second one interrupts as usual."""
    stop = threading.Event()

    def ask(signum: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        err.print(notice)
        stop.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def print_figures(figures: Mapping[str, Any]) -> None:
    """Figures of one split, their caveats, and a row per class."""
    from fer.evaluation.caveats import caveats
    from fer.evaluation.comparison import verdict

    low, high = figures["accuracy_ci95"]
    out.print(
        f"{escape(figures['dataset'])}, split {figures['split']}, {figures['images']:,} faces: "
        f"[bold]accuracy {figures['accuracy']:.1%}[/bold] "
        f"(95 % interval {low:.1%} to {high:.1%}), "
        f"balanced accuracy {figures['balanced_accuracy']:.1%}, macro F1 "
        f"{figures['macro_f1']:.3f}, calibration error {figures['ece']:.1%}"
    )
    for sentence in caveats(figures):
        out.print(escape(sentence))
    table = make_table("class", "faces", "precision", "recall", "F1")
    for label, row in figures["per_class"].items():
        table.add_row(
            escape(label),
            f"{row['support']:,}",
            *(f"{row[name]:.2f}" for name in ("precision", "recall", "f1")),
        )
    out.print(table)
    if "comparison" in figures:
        out.print(escape(verdict(figures["comparison"])))
