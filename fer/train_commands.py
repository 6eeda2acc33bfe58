"""The commands of training: `train`, `architectures` and `runs …`."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table

from fer.errors import ConfigError, TrainingError
from fer.terminal import (
    Counter,
    import_keras,
    out,
    plain_errors,
    print_figures,
    progress,
    stop_on_interrupt,
)

# Heavy imports stay inside the commands: `predict` must not wait for what `train` needs.
if TYPE_CHECKING:
    from fer.training.config import TrainingConfig
    from fer.training.events import BatchEnded, EpochEnded, Started

runs_app = typer.Typer(help="Training runs: what was, what is, what waits.", no_args_is_help=True)

RunArgument = Annotated[
    str, typer.Argument(help="A run's id, the beginning of it, its name, or 'last'.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(train)
    app.command()(tune)
    app.command()(architectures)
    app.add_typer(runs_app, name="runs")


def train(
    dataset: Annotated[
        str | None, typer.Argument(help="A data set's folder or name, or 'synthetic'.")
    ] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder of the model to write, beside the run's.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="quick, classic or strong.")] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="A configuration, TOML or JSON.")
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(help="As `python -m fer architectures` lists them.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training faces.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Faces a step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd, adam or adamw.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak; default 0.1 for sgd, else 0.001.")
    ] = None,
    validation_fraction: Annotated[
        float | None, typer.Option(help="Share of train held out where there is no validation.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any other option, such as --set augmentation.erase=0.5."),
    ] = None,
    start_from: Annotated[
        str | None, typer.Option("--from", help="A model to go on from (fine-tuning).")
    ] = None,
    name: Annotated[str, typer.Option(help="What to call the run.")] = "",
    detach: Annotated[
        bool, typer.Option("--detach", help="Queue it and return; it outlives the terminal.")
    ] = False,
) -> None:
    """Train a network on a data set and write it as a model.

    Ctrl-C ends after the current step and keeps the best epoch so far.
    """
    with plain_errors():
        from fer.training.config import TrainingConfig
        from fer.training.config import preset as preset_named

        if preset and config_file:
            raise ConfigError("Give --preset or --config, not both.")
        base = TrainingConfig.read(config_file) if config_file else TrainingConfig()
        base = preset_named(preset) if preset else base
        given = {
            "dataset": _absolute(dataset) if dataset else None,
            "architecture": architecture,
            "epochs": epochs,
            "batch_size": batch_size,
            "optimizer": optimizer,
            "learning_rate": learning_rate,
            "validation_fraction": validation_fraction,
            "seed": seed,
            "start_from": start_from,
        }
        changes: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
        if architecture and architecture != base.architecture:
            changes["options"] = {}
        if optimizer and optimizer != base.optimizer and learning_rate is None:
            changes["learning_rate"] = 0.1 if optimizer == "sgd" else 0.001
        _set_options(changes, options or [])
        config = base.changed(changes)
        if detach:
            _detached(config, name, out_folder)
        else:
            _in_terminal(config, name, out_folder)


def _absolute(dataset: str) -> str:
    """A path that a worker in another folder finds, too."""
    path = Path(dataset).expanduser()
    return str(path.resolve()) if path.exists() and dataset != "synthetic" else dataset


def _set_options(changes: dict[str, Any], assignments: list[str]) -> None:
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
        place[option] = value


def _detached(config: "TrainingConfig", name: str, out_folder: Path | None) -> None:
    from fer.training import queue, runs

    if out_folder:
        raise ConfigError(
            "--detach writes the model into the run's folder. Leave --out away, and later use "
            "`python -m fer runs add RUN --name NAME`."
        )
    run = runs.create(config, name=name)
    busy = queue.active()
    queue.submit(run)
    word = f"Queued behind '{busy.name}'" if busy else "Started"
    out.print(f"{word}: {run.id}. See `python -m fer runs show {run.id}`.", soft_wrap=True)


def _in_terminal(config: "TrainingConfig", name: str, out_folder: Path | None) -> None:
    from fer.nets import artefact
    from fer.training import queue, runs

    if out_folder:
        artefact.check_replaceable(out_folder.expanduser().resolve())
    with queue.turn() as mine:
        if not mine:
            busy = queue.active()
            raise TrainingError(
                f"'{busy.name if busy else 'Another process'}' is training, and one at a time is "
                "enough for a machine. Wait for it, stop it (`python -m fer runs stop RUN`), or "
                "queue behind it with --detach."
            )
        import_keras()
        from fer import worker

        run = runs.create(config, name=name, state="preparing")
        with run.held(), stop_on_interrupt() as stop, progress() as bar:
            trained = worker.carry_out(
                run,
                listener=_TrainingDisplay(bar),
                progress=Counter(bar, "files read"),
                stop=stop,
            )
        if out_folder:
            artefact.copy(run.model_folder, out_folder.expanduser())
    queue.wake()
    for figures in trained.card.metrics.values():
        print_figures(figures)
    out.print(f"Written to {escape(str(out_folder or run.model_folder))}.", soft_wrap=True)


class _TrainingDisplay:
    """The network's cost, two bars, epochs and steps, and a line an epoch that stays."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._epochs: TaskID | None = None
        self._steps: TaskID | None = None

    def __call__(self, event: "Started | BatchEnded | EpochEnded") -> None:
        from fer.training.events import BatchEnded, Started

        if isinstance(event, Started):
            self._bar.console.print(
                f"{event.train_faces:,} faces to learn from, {event.validation_faces:,} to choose "
                f"the epoch; {event.parameters:,} parameters, "
                f"{event.multiply_adds / 1e6:.1f} million multiply-adds a face"
            )
            planned = event.epochs * event.batches
            self._epochs = self._bar.add_task("training", total=planned)
            self._steps = self._bar.add_task("epoch", total=event.batches)
        elif isinstance(event, BatchEnded):
            assert self._epochs is not None
            assert self._steps is not None
            self._bar.update(
                self._epochs, completed=(event.epoch - 1) * event.batches + event.batch
            )
            self._bar.update(
                self._steps,
                completed=event.batch,
                description=f"epoch {event.epoch}/{event.epochs} "
                f"loss {event.loss:.3f} accuracy {event.accuracy:.3f}",
            )
        else:
            self._bar.console.print(
                f"epoch {event.epoch}/{event.epochs}: loss {event.loss:.4f}, accuracy "
                f"{event.accuracy:.4f}; validation loss {event.val_loss:.4f}, accuracy "
                f"{event.val_accuracy:.4f}{' (best)' if event.is_best else ''}; "
                f"{event.seconds:.0f} s"
            )


def tune(
    dataset: Annotated[str, typer.Argument(help="A data set's folder or name, or 'synthetic'.")],
    study: Annotated[str, typer.Option(help="Its name; one that is there is gone on with.")],
    trials: Annotated[int, typer.Option(help="Trials that it is to have, all workers together.")],
    preset: Annotated[str, typer.Option(help="What the trials vary.")] = "quick",
    epochs: Annotated[int | None, typer.Option(help="Epochs a trial; the preset's if not.")] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Any option of what is varied.")
    ] = None,
) -> None:
    """Search for better options. Start it several times to have several workers."""
    with plain_errors(), progress() as bar:
        import_keras()
        from fer.data import load_dataset
        from fer.training import tuning
        from fer.training.config import preset as preset_named

        changes: dict[str, Any] = {"dataset": _absolute(dataset)}
        if epochs:
            changes["epochs"] = epochs
        _set_options(changes, options or [])
        base = preset_named(preset).changed(changes)
        faces = load_dataset(
            base.dataset,
            height=base.height,
            width=base.width,
            channels=base.channels,
            validation_fraction=base.validation_fraction,
            seed=base.seed,
            progress=Counter(bar, "files read"),
        )
        best = tuning.tune(
            base,
            faces,
            study=study,
            trials=trials,
            listener=lambda row: bar.console.print(_trial_line(row)),
        )
    out.print(f"Best: {_trial_line(best)}")
    for name, value in best.items():
        if name not in ("trial", "state", "accuracy", "epochs"):
            out.print(f"  --set {name}={value:.6g}", highlight=False)


def _trial_line(row: Mapping[str, Any]) -> str:
    reached = f", validation accuracy {row['accuracy']:.1%}" if row["accuracy"] is not None else ""
    return f"trial {row['trial']}: {row['state']} after {row['epochs']} epochs{reached}"


def architectures(
    name: Annotated[str | None, typer.Argument(help="One of them, layer by layer.")] = None,
) -> None:
    """List the networks with their cost, or show one layer by layer."""
    with plain_errors():
        import_keras()
        from fer.nets import architectures as nets
        from fer.nets.cost import multiply_adds, summary

        table = Table("network", "input", "options", "parameters", "multiply-adds")
        for known in [name] if name else nets.NAMES:
            height, width, channels = nets.NATIVE_INPUTS.get(known, (48, 48, 1))
            options = ", ".join(f"{key} {value:g}" for key, value in nets.options_of(known).items())
            model = nets.build(known, height=height, width=width, channels=channels, classes=7)
            cost = f"{multiply_adds(model) / 1e6:.1f} million"
            shape = f"{width}×{height}×{channels}"
            table.add_row(known, shape, options, f"{model.count_params():,}", cost)
        if name:
            out.print(escape(nets.describe(name)))
            layers = Table("layer", "output", "parameters", "multiply-adds")
            for row in summary(model):
                numbers = (f"{row['parameters']:,}", f"{row['multiply_adds']:,}")
                layers.add_row(str(row["layer"]), str(row["output"]), *numbers)
            out.print(layers)
        out.print(table)


@runs_app.command("list")
def list_runs(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the runs, the newest first."""
    from fer.training import queue, runs

    queue.wake()
    rows = [{"id": run.id, "name": run.name, **run.status()} for run in runs.list_runs()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("run", "state", "epoch", "best validation", "started")
    for row in rows:
        table.add_row(
            escape(row["name"]),
            _colored(row["state"]),
            f"{row.get('finished_epochs', 0)}/{row.get('epochs', '?')}",
            _percent(row.get("best_val_accuracy")),
            _time(row.get("created")),
        )
    out.print(table)


@runs_app.command()
def show(run: RunArgument) -> None:
    """Tell where a run stands, and why."""
    with plain_errors():
        from fer.training import runs
        from fer.training.metrics_file import epochs_of, read_metrics

        found = runs.find(run)
        status = found.status()
        out.print(f"[bold]{escape(found.name)}[/bold] ({found.id}): {_colored(status['state'])}")
        if status.get("reason"):
            out.print(escape(status["reason"]), soft_wrap=True)
        if status["state"] in runs.ACTIVE:
            out.print(_progress_line(status))
        table = Table("epoch", "loss", "accuracy", "validation loss", "validation accuracy", "")
        for row in epochs_of(read_metrics(found.folder))[-10:]:
            numbers = (row["loss"], row["accuracy"], row["val_loss"], row["val_accuracy"])
            best = "best" if row["epoch"] == status.get("best_epoch") else ""
            table.add_row(str(row["epoch"]), *(f"{number:.4f}" for number in numbers), best)
        out.print(table)
        out.print(f"Folder: {escape(str(found.folder))}", soft_wrap=True)


def _progress_line(status: Mapping[str, Any]) -> str:
    left, speed = status.get("eta_s"), status.get("faces_per_s")
    return (
        f"epoch {status.get('epoch', 0)} of {status.get('epochs')}, step {status.get('batch', 0)} "
        f"of {status.get('batches', '?')}"
        + (f", {speed:,.0f} faces/s" if speed else "")
        + (f", about {left / 60:.0f} min left" if left else "")
    )


@runs_app.command()
def stop(run: RunArgument) -> None:
    """End a run after its current step; its best epoch is kept."""
    with plain_errors():
        from fer.training import queue, runs

        found = runs.find(run)
        queue.stop(found)
        out.print(f"Asked '{escape(found.name)}' to stop.")


@runs_app.command()
def resume(run: RunArgument) -> None:
    """Go on with a stopped, failed or crashed run from its last finished epoch."""
    with plain_errors():
        from fer.training import queue, runs

        found = runs.find(run)
        queue.submit(found)
        out.print(f"'{escape(found.name)}' goes on in the background.")


@runs_app.command()
def remove(
    run: RunArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a run with its checkpoints, log and model."""
    with plain_errors():
        from fer.training import runs

        found = runs.find(run)
        if not yes:
            typer.confirm(f"Delete '{found.name}' ({found.id}) for good?", abort=True)
        found.remove()
        out.print(f"Deleted '{escape(found.name)}'.")


@runs_app.command()
def add(
    run: RunArgument,
    name: Annotated[str, typer.Option(help="What to call the model.")],
    default: Annotated[bool, typer.Option("--default", help="Use it where none is named.")] = False,
) -> None:
    """Add a run's model to the models."""
    with plain_errors():
        from fer import settings
        from fer.training import runs

        folder = runs.find(run).add_to_models(name)
        if default:
            settings.set_default_model(name)
        out.print(f"Added: {escape(str(folder))}.", soft_wrap=True)


@runs_app.command()
def compare(
    names: Annotated[list[str], typer.Argument(help="Two runs or more.", metavar="RUN RUN…")],
) -> None:
    """Set runs side by side: figures, and the options in which they differ."""
    with plain_errors():
        from fer.training import runs

        found = [runs.find(name) for name in names]
        if len(found) < 2:
            raise TrainingError("Name two runs or more to compare.")
        table = Table("", *(escape(run.name) for run in found))
        for title, row in runs.comparison(found).items():
            table.add_row(title, *(escape(str(value)) for value in row))
        out.print(table)


@runs_app.command(hidden=True)
def work() -> None:
    """Carry out the next run of the queue (what the detached worker does)."""
    from fer import worker

    worker.work()


def _colored(state: str) -> str:
    color = {"finished": "green", "failed": "red", "crashed": "red", "running": "cyan"}.get(state)
    return f"[{color}]{state}[/{color}]" if color else state


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _time(stamp: float | None) -> str:
    return f"{datetime.fromtimestamp(stamp):%Y-%m-%d %H:%M}" if stamp else ""
