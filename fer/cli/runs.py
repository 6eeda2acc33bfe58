"""`runs …`: manage training runs."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer.cli.terminal import JsonOption, make_table, out, require_devices, styled
from fer.errors import TrainingError
from fer.wording import counted, duration

if TYPE_CHECKING:
    from rich.text import Text

app = typer.Typer(help="Manage training runs.", no_args_is_help=True)

RunArgument = Annotated[
    str, typer.Argument(help="A run's id, the start of its id, its name, or 'last'.")
]


@app.command("list")
def list_runs(as_json: JsonOption = False) -> None:
    """List the runs, newest first."""
    from fer import runs
    from fer.runs import queue
    from fer.runs.catalogue import measured_on_test

    queue.wake()
    rows = [
        {"id": run.id, "name": run.name, "by": run.by, **run.status(), **measured_on_test(run)}
        for run in runs.list_runs()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = make_table("run", "state", "epoch", "best validation", "started or queued")
    for row in rows:
        best, began = row.get("best_val_accuracy"), row.get("started", row.get("created"))
        table.add_row(
            row["name"],
            _colored(row["state"]),
            f"{row.get('finished_epochs', 0)}/{row.get('epochs', '?')}",
            "" if best is None else f"{best:.1%}",
            f"{datetime.fromtimestamp(began):%Y-%m-%d %H:%M}" if began else "",
        )
    out.print(table)


@app.command()
def show(run: RunArgument) -> None:
    """Show the state and progress of a run."""
    from fer.runs import ACTIVE, find
    from fer.runs.metrics import read_metrics

    chosen = find(run)
    status = chosen.status()
    out.print(styled(chosen.name, "bold"), f"({chosen.id}):", _colored(status["state"]))
    if chosen.by:
        out.print(f"Begun by {chosen.by}.")
    if status.get("reason"):
        out.print(status["reason"])
    if status["state"] in ACTIVE:
        out.print(_progress_line(status))
    table = make_table("epoch", "loss", "accuracy", "validation loss", "validation accuracy", "")
    _, epochs = read_metrics(chosen.folder)
    for row in epochs[-10:]:
        numbers = (row["loss"], row["accuracy"], row["val_loss"], row["val_accuracy"])
        best = "best" if row["epoch"] == status.get("best_epoch") else ""
        table.add_row(str(row["epoch"]), *(f"{number:.4f}" for number in numbers), best)
    out.print(table)
    out.print(f"Folder: {chosen.folder}")


def _progress_line(status: Mapping[str, Any]) -> str:
    left, speed = status.get("eta_s"), status.get("faces_per_s")
    if status["state"] == "measuring":
        faces = counted(status.get("to_measure", 0), "face")
        line = f"measuring, {status.get('measured', 0):,} of {faces}"
    else:
        line = (
            f"epoch {status.get('epoch', 0)} of {status.get('epochs')}, step "
            f"{status.get('batch', 0)} of {status.get('batches', '?')}"
        )
        line += f", {speed:,.0f} faces/s" if speed else ""
    return line + (f", about {duration(left)} left" if left else "")


@app.command()
def stop(run: RunArgument) -> None:
    """Stop a run after its current step; its best epoch is kept."""
    from fer.runs import find, queue

    chosen = find(run)
    queue.stop(chosen)
    out.print(f"'{chosen.name}' stops after its current step.")


@app.command()
def resume(
    run: RunArgument,
    devices: Annotated[
        int | None,
        typer.Option(
            min=1, help="How many devices share each batch (see train).", show_default="as before"
        ),
    ] = None,
) -> None:
    """Resume an unfinished run from its last finished epoch."""
    from fer.runs import find, queue

    chosen = find(run)
    require_devices(devices or chosen.devices)
    queue.submit(chosen, devices=devices)
    out.print(f"'{chosen.name}' resumes in the background.")


@app.command()
def remove(
    run: RunArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Delete a run with its checkpoints, log and model."""
    from fer.runs import find

    chosen = find(run)
    if not yes:
        typer.confirm(f"Delete '{chosen.name}' ({chosen.id}) for good?", abort=True)
    chosen.remove()
    out.print(f"Deleted '{chosen.name}'.")


@app.command()
def add(
    run: RunArgument,
    name: Annotated[str, typer.Option(help="Name of the model.")],
    default: Annotated[
        bool, typer.Option("--default", help="Use it whenever no model is named.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a model that has that name.")
    ] = False,
) -> None:
    """Copy a run's model into the models folder."""
    from fer import settings
    from fer.runs import find

    folder = find(run).add_to_models(name, may_replace=replace)
    if default:
        settings.set_default_model(name)
    out.print(f"Added: {folder}.")


@app.command()
def compare(
    names: Annotated[list[str], typer.Argument(help="Two or more runs.", metavar="RUN RUN…")],
) -> None:
    """Compare runs: figures, and the options that differ."""
    from fer.runs import comparison, find

    chosen = [find(name) for name in names]
    if len(chosen) < 2:
        raise TrainingError("Name two or more runs to compare.")
    table = make_table("", *(run.name for run in chosen))
    for title, row in comparison(chosen).items():
        table.add_row(title, *map(str, row))
    out.print(table)


@app.command(hidden=True)
def work() -> None:
    """Train the next run of the queue, as the detached worker does.

    A run that learnt from corrections is then compared with the model in use.
    """
    from fer.feedback.learning import fine_tunes
    from fer.runs.worker import work

    work()
    if fine_tunes():
        from fer.feedback.before_after import judge_finished

        judge_finished()


def _colored(state: str) -> "Text":
    colors = {"finished": "green", "failed": "red", "crashed": "red", "running": "cyan"}
    return styled(state, colors.get(state, ""))
