"""`train`: a data set → a model."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer.cli.terminal import (
    Counter,
    SetOption,
    err,
    import_keras,
    out,
    print_figures,
    progress,
    require_devices,
    stop_on_interrupt,
)
from fer.errors import ConfigError, ModelError, TrainingError
from fer.importing import require
from fer.training.events import BatchEnded, EpochEnded, Event, FilesRead, Observer, Started

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress

    from fer.models.model import Model
    from fer.runs.run import Run
    from fer.training.config import TrainingConfig


def train(
    given: typer.Context,
    dataset: Annotated[
        str | None, typer.Argument(help="A data set's name or path, or 'synthetic'.")
    ] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Also write the model to this folder.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="quick, classic or strong; quick by default for synthetic.")
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="A configuration file, TOML or JSON.")
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(help="One of `python -m fer architectures`.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training faces.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Faces per step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd, adam or adamw.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Its peak; by default 0.1 for sgd, else 0.001.")
    ] = None,
    validation_fraction: Annotated[
        float | None,
        typer.Option(help="Share of train to hold out if there is no validation split."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all randomness.")] = None,
    assignments: SetOption = None,
    start_from: Annotated[
        str | None, typer.Option("--from", help="A model to start from (fine-tuning).")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the run.")] = "",
    devices: Annotated[
        int,
        typer.Option(
            min=1,
            help="How many devices share each batch, which stays of --batch-size faces; "
            "more than one needs KERAS_BACKEND=jax.",
        ),
    ] = 1,
    detach: Annotated[
        bool, typer.Option("--detach", help="Train in the background; it outlives the terminal.")
    ] = False,
) -> None:
    """Train a network on a data set and write it as a model.

    Ctrl-C stops after the current step and keeps the best epoch so far.
    """
    require("keras")
    base = _base(preset, config_file, dataset)
    flags = {name: value for name, value in given.params.items() if value is not None}
    # A flag named as an option of the configuration sets it.
    changes: dict[str, Any] = {name: flags[name] for name in vars(base) if name in flags}
    if dataset:
        changes["dataset"] = absolute(dataset)
    if architecture and architecture != base.architecture:
        changes["options"] = {}
    if optimizer and optimizer != base.optimizer and learning_rate is None:
        changes["learning_rate"] = 0.1 if optimizer == "sgd" else 0.001
    set_options(changes, assignments or [])
    config = base.changed(changes)
    require_devices(devices)
    if detach:
        _detached(config, name, out_folder, devices)
    else:
        _in_terminal(config, name, out_folder, devices)


def _base(preset: str | None, config_file: Path | None, dataset: str | None) -> "TrainingConfig":
    from fer.training.config import TrainingConfig
    from fer.training.config import preset as preset_named

    if preset and config_file:
        raise ConfigError("Give --preset or --config, not both.")
    if config_file:
        return TrainingConfig.read(config_file)
    if not preset and dataset in (None, "synthetic"):
        preset = "quick"
    return preset_named(preset) if preset else TrainingConfig()


def absolute(dataset: str) -> str:
    """The path in full, for a worker in another folder; a name stays as it is."""
    path = Path(dataset).expanduser()
    return str(path.resolve()) if path.exists() and dataset != "synthetic" else dataset


def set_options(changes: dict[str, Any], assignments: list[str]) -> None:
    """Add NAME=VALUE assignments to the changes; a dot in the name leads into a table.

    Raises:
        ConfigError: If one is not an assignment, or contradicts another.
    """
    import tomllib

    for assignment in assignments:
        name, sign, text = assignment.partition("=")
        if not sign:
            raise ConfigError(f"--set is '{assignment}'; it must be NAME=VALUE.")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text  # a word needs no quotes
        table, _, option = name.strip().rpartition(".")
        place = changes.setdefault(table, {}) if table else changes
        if not isinstance(place, dict):
            raise ConfigError(f"--set gives {table} a value, and {name} too. Give one of them.")
        place[option] = value


def _detached(config: "TrainingConfig", name: str, out_folder: Path | None, devices: int) -> None:
    from fer.runs import create

    if out_folder:
        raise ConfigError(
            "--detach writes the model into the run's folder, so it cannot be combined with "
            "--out. Afterwards, use `python -m fer runs add RUN --name NAME`."
        )
    train_in_background(lambda: create(config, name=name, devices=devices))


def train_in_background(create: "Callable[[], Run]") -> None:
    """Queue a new run for a process that outlives the terminal."""
    from fer.runs import queue

    busy = queue.blocker()
    run = create()
    queue.submit(run)
    word = f"Queued behind '{busy.name}'" if busy else "Started"
    out.print(f"{word}: {run.id}. See `python -m fer runs show {run.id}`.")


def _in_terminal(
    config: "TrainingConfig", name: str, out_folder: Path | None, devices: int
) -> None:
    from fer import models
    from fer.runs import create

    if out_folder:
        models.check_replaceable(out_folder.expanduser().resolve())
    run, trained = train_in_terminal(
        lambda: create(config, name=name, state="preparing", devices=devices)
    )
    if out_folder:
        try:
            models.copy(run.model_folder, out_folder.expanduser())
        except ModelError as error:
            kept = f"The model is safe in '{run.model_folder}'."
            raise ModelError(f"{error} {kept}") from error
    for figures in trained.card.metrics.values():
        print_figures(figures)
    out.print(f"Written to {out_folder or run.model_folder}.")


def train_in_terminal(create: "Callable[[], Run]") -> "tuple[Run, Model]":
    """Train a new run here and now, with bars; the run and its model.

    Raises:
        TrainingError: If another run is training.
    """
    from fer.runs import queue

    with queue.training_lock() as mine:
        if not mine:
            busy = queue.active()
            raise TrainingError(
                f"'{busy.name if busy else 'Another process'}' is training, and only one run can "
                "train at a time. Wait for it, stop it (`python -m fer runs stop RUN`), or queue "
                "this one with --detach."
            )
        import_keras()
        from fer.runs import worker

        run = create()
        with run.held(), stop_on_interrupt() as stop, progress() as bar:
            trained = worker.run_training(run, _Terminal(bar, stop))
    queue.wake()
    return run, trained


class _Terminal(Observer):
    """Shows bars of files, steps and the epoch, and prints a line per epoch; stops on request."""

    def __init__(self, bar: "Progress", stop: threading.Event) -> None:
        self._stop = stop
        self._files = Counter(bar, "files read")
        self._training, self._epoch = Counter(bar, "training"), Counter(bar, "epoch")

    def should_stop(self) -> bool:
        return self._stop.is_set()

    def notify(self, event: Event) -> None:
        match event:
            case FilesRead():
                self._files(event.done, event.planned)
            case Started():
                err.print(
                    f"{event.train_faces:,} faces to train on, {event.validation_faces:,} to "
                    f"choose the epoch; {event.parameters:,} parameters, "
                    f"{event.multiply_adds / 1e6:.1f} million multiply-adds per face"
                )
                self._training(0, event.epochs * event.batches)
                self._epoch(0, event.batches)
            case BatchEnded():
                done = (event.epoch - 1) * event.batches + event.batch
                self._training(done, event.epochs * event.batches)
                means = f"loss {event.loss:.3f} accuracy {event.accuracy:.3f}"
                what = f"epoch {event.epoch}/{event.epochs} {means}"
                self._epoch(event.batch, event.batches, what)
            case EpochEnded():
                err.print(
                    f"epoch {event.epoch}/{event.epochs}: loss {event.loss:.4f}, accuracy "
                    f"{event.accuracy:.4f}; validation loss {event.val_loss:.4f}, accuracy "
                    f"{event.val_accuracy:.4f}{' (best)' if event.is_best else ''}; "
                    f"{event.seconds:.0f} s"
                )
