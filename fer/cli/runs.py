"""`runs …`: manage training runs."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from fer.cli.terminal import JsonOption, escape, make_table, out
from fer.errors import TrainingError

app = typer.Typer(help="Manage training runs.", no_args_is_help=True)

RunArgument = Annotated[
    str, typer.Argument(help="A run's id, the start of its id, its name, or 'last'.")
]


@app.command("list")
def list_runs(as_json: JsonOption = False) -> None:
    """List the runs, newest first."""
    from rich.table import Column

    from fer import runs
    from fer.runs import queue

    queue.wake()
    rows = [{"id": run.id, "name": run.name, **run.status()} for run in runs.list_runs()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    name = Column("run", overflow="fold")
    table = make_table(name, "state", "epoch", "best validation", "started")
    for row in rows:
        best, created = row.get("best_val_accuracy"), row.get("created")
        table.add_row(
            escape(row["name"]),
            _colored(row["state"]),
            f"{row.get('finished_epochs', 0)}/{row.get('epochs', '?')}",
            "" if best is None else f"{best:.1%}",
            f"{datetime.fromtimestamp(created):%Y-%m-%d %H:%M}" if created else "",
        )
    out.print(table)


@app.command()
def show(run: RunArgument) -> None:
    """Show the state and progress of a run."""
    from fer import runs
    from fer.runs.metrics import read_metrics

    chosen = runs.find(run)
    status = chosen.status()
    out.print(f"[bold]{escape(chosen.name)}[/bold] ({chosen.id}): {_colored(status['state'])}")
    if status.get("reason"):
        out.print(escape(status["reason"]), soft_wrap=True)
    if status["state"] in runs.ACTIVE:
        out.print(_progress_line(status))
    table = make_table("epoch", "loss", "accuracy", "validation loss", "validation accuracy", "")
    _, epochs = read_metrics(chosen.folder)
    for row in epochs[-10:]:
        numbers = (row["loss"], row["accuracy"], row["val_loss"], row["val_accuracy"])
        best = "best" if row["epoch"] == status.get("best_epoch") else ""
        table.add_row(str(row["epoch"]), *(f"{number:.4f}" for number in numbers), best)
    out.print(table)
    out.print(f"Folder: {escape(str(chosen.folder))}", soft_wrap=True)


def _progress_line(status: Mapping[str, Any]) -> str:
    left, speed = status.get("eta_s"), status.get("faces_per_s")
    return (
        f"epoch {status.get('epoch', 0)} of {status.get('epochs')}, step {status.get('batch', 0)} "
        f"of {status.get('batches', '?')}"
        + (f", {speed:,.0f} faces/s" if speed else "")
        + (f", about {left / 60:.0f} min left" if left else "")
    )


@app.command()
def stop(run: RunArgument) -> None:
    """Stop a run after its current step; its best epoch is kept."""
    from fer import runs
    from fer.runs import queue

    chosen = runs.find(run)
    queue.stop(chosen)
    out.print(f"'{escape(chosen.name)}' stops after its current step.")


@app.command()
def resume(run: RunArgument) -> None:
    """Resume an unfinished run from its last finished epoch."""
    from fer import runs
    from fer.runs import queue

    chosen = runs.find(run)
    queue.submit(chosen)
    out.print(f"'{escape(chosen.name)}' resumes in the background.")


@app.command()
def remove(
    run: RunArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Delete a run with its checkpoints, log and model."""
    from fer import runs

    chosen = runs.find(run)
    if not yes:
        typer.confirm(f"Delete '{chosen.name}' ({chosen.id}) for good?", abort=True)
    chosen.remove()
    out.print(f"Deleted '{escape(chosen.name)}'.")


@app.command()
def add(
    run: RunArgument,
    name: Annotated[str, typer.Option(help="Name of the model.")],
    default: Annotated[
        bool, typer.Option("--default", help="Use it whenever no model is named.")
    ] = False,
) -> None:
    """Copy a run's model into the models folder."""
    from fer import runs, settings

    folder = runs.find(run).add_to_models(name)
    if default:
        settings.set_default_model(name)
    out.print(f"Added: {escape(str(folder))}.", soft_wrap=True)


@app.command()
def compare(
    names: Annotated[list[str], typer.Argument(help="Two or more runs.", metavar="RUN RUN…")],
) -> None:
    """Compare runs: figures, and the options that differ."""
    from fer import runs

    chosen = [runs.find(name) for name in names]
    if len(chosen) < 2:
        raise TrainingError("Name two or more runs to compare.")
    table = make_table("", *(escape(run.name) for run in chosen))
    for title, row in runs.comparison(chosen).items():
        table.add_row(title, *(escape(str(value)) for value in row))
    out.print(table)


@app.command(hidden=True)
def work() -> None:
    """Train the next run of the queue, as the detached worker does."""
    from fer.runs import worker

    worker.work()


def _colored(state: str) -> str:
    color = {"finished": "green", "failed": "red", "crashed": "red", "running": "cyan"}.get(state)
    return f"[{color}]{state}[/{color}]" if color else state
