"""What commands share: options, consoles, progress bars, errors as sentences."""

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
from fer.wording import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.table import Table
    from rich.text import Text


class Output:
    """The terminal; rich is imported on first use, so that help appears at once."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr

    @cached_property
    def console(self) -> "Console":
        from rich.console import Console

        return Console(stderr=self._stderr, markup=False, emoji=False)

    @contextmanager
    def kept_on(self, descriptor: int) -> Iterator[None]:
        """Write to a copy of the standard stream's file descriptor while that leads elsewhere."""
        if "console" not in vars(self) or not self._is_on_descriptor():
            yield
            return
        with os.fdopen(os.dup(descriptor), "w", encoding=self.console.encoding) as terminal:
            self.console.file = terminal
            try:
                yield
            finally:
                self.console.file = None  # type: ignore[assignment]  # again what sys has

    def _is_on_descriptor(self) -> bool:
        try:
            return self.console.file.fileno() == (2 if self._stderr else 1)
        except (AttributeError, OSError):  # a test collects it
            return False

    def print(self, *objects: "str | Text | Table") -> None:
        """Print texts, joined by spaces, or a table; only the terminal breaks long lines."""
        self.console.print(*objects, soft_wrap=True)


out = Output()
err = Output(stderr=True)

ModelArgument = Annotated[str, typer.Argument(help="A model's name or folder.")]
ModelOption = Annotated[str | None, typer.Option("--model", help="A model's name or folder.")]
DatasetArgument = Annotated[str, typer.Argument(help="A data set's name or path, or 'synthetic'.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any other option, such as --set augmentation.erase=0.5."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def styled(text: str, style: str) -> "Text":
    """A text in a style of rich, such as `bold` or `red`."""
    from rich.text import Text

    return Text(text, style)


def make_table(*headers: str) -> "Table":
    """An empty table, which truncates nothing on a narrow terminal."""
    from rich.table import Column, Table

    return Table(*(Column(header, overflow="fold") for header in headers))


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show a deliberate error as a sentence and exit with status 1."""
    try:
        with extras():
            yield
    except FerError as error:
        err.print(styled("Error:", "red"), str(error))
        for note in getattr(error, "__notes__", ()):
            err.print(note)
        raise typer.Exit(1) from None


@contextmanager
def quiet_imports() -> Iterator[None]:
    """Keep TensorFlow's start-up messages off the terminal, unless an unexpected error occurs.

    They are written to the file descriptor before any log level takes effect. What `err` prints,
    and a bar on it, still appear.
    """
    before = os.dup(2)
    with tempfile.TemporaryFile() as messages, err.kept_on(before):
        try:
            os.dup2(messages.fileno(), 2)
            yield
        except (FerError, KeyboardInterrupt):
            raise
        except BaseException:
            messages.seek(0)
            os.write(before, messages.read())
            raise
        finally:
            os.dup2(before, 2)
            os.close(before)


def import_keras() -> None:
    """Import Keras and its backend without TensorFlow's start-up messages."""
    with quiet_imports():
        import keras  # noqa: F401


def require_devices(devices: int) -> None:
    """Check that training can be shared by so many devices here, before a run is made or resumed.

    Raises:
        ConfigError: If it cannot.
    """
    if devices > 1:
        with quiet_imports():
            from fer.training.devices import check_devices
        check_devices(devices)


def import_runtime(model: str) -> None:
    """Import what runs the original form of a model, without start-up messages."""
    from fer.models import CARD_FILE, find
    from fer.models.card import read_card

    if read_card(find(model) / CARD_FILE).original == "keras":
        import_keras()


def progress() -> "Progress":
    """Bars on the error output, so that the output stays clean."""
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    return Progress(*columns, console=err.console)


class Counter:
    """A bar that appears with its first report."""

    def __init__(self, bar: "Progress", what: str) -> None:
        self._bar, self._what = bar, what
        self._task: TaskID | None = None

    def __call__(self, done: int, planned: int, what: str = "") -> None:
        if self._task is None:
            self._task = self._bar.add_task(self._what, total=planned or None)
        self._bar.update(
            self._task, completed=done, total=planned or None, description=what or self._what
        )


@contextmanager
def stop_on_interrupt(
    notice: str = "Stopping after this step. Ctrl-C again to stop at once, keeping nothing.",
) -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into a request to stop; the second one interrupts as usual."""
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
    """Print the figures of one split or of photos, their caveats, and a row per class."""
    from fer.evaluation.caveats import caveats
    from fer.evaluation.comparison import verdict
    from fer.wording import split_name

    (low, high), (lowest, highest) = figures["accuracy_ci95"], figures["ci95"]["balanced_accuracy"]
    out.print(
        f"{figures['dataset']}, split {split_name(figures['split'])}, "
        f"{counted(figures['images'], 'face')}:",
        styled(f"accuracy {figures['accuracy']:.1%}", "bold"),
        f"(95% interval {low:.1%} to {high:.1%}), "
        f"balanced accuracy {figures['balanced_accuracy']:.1%} ({lowest:.1%} to {highest:.1%}), "
        f"macro F1 {figures['macro_f1']:.3f}, calibration error {figures['ece']:.1%}",
    )
    for sentence in caveats(figures):
        out.print(sentence)
    of_photos = ("recall, 95%", "unanswered") if "detector" in figures else ()
    table = make_table("class", "faces", "precision", "recall", "F1", *of_photos)
    for label, row in figures["per_class"].items():
        has_faces = row["support"] > 0
        cells = [f"{row[name]:.2f}" if has_faces else "" for name in ("precision", "recall", "f1")]
        if of_photos:
            interval = "{:.2f} to {:.2f}".format(*row["recall_ci95"]) if has_faces else ""
            cells += [interval, f"{row['unanswered']:,}"]
        table.add_row(label, f"{row['support']:,}", *cells)
    out.print(table)
    if "comparison" in figures:
        out.print(verdict(figures["comparison"]))
