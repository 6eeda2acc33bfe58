"""`tune`: search for better options."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from fer.cli.terminal import Counter, DatasetArgument, SetOption, err, import_keras, out, progress
from fer.cli.train import absolute, set_options


def tune(
    dataset: DatasetArgument,
    study: Annotated[str, typer.Option(help="Name of the study; an existing study is resumed.")],
    trials: Annotated[int, typer.Option(help="Total number of trials, over all processes.")],
    preset: Annotated[str, typer.Option(help="The preset that the trials vary.")] = "quick",
    epochs: Annotated[
        int | None, typer.Option(help="Epochs per trial; the preset's by default.")
    ] = None,
    options: SetOption = None,
) -> None:
    """Search for better options. Start it several times to search in parallel.

    On several machines, FER_STUDIES_URL names a PostgreSQL database that holds the study. The trial
    of a process that died is given to another one two minutes later.
    """
    with progress() as bar:
        import_keras()
        from fer.data import load_dataset
        from fer.training import tuning
        from fer.training.config import preset as preset_named

        changes: dict[str, Any] = {"dataset": absolute(dataset)}
        if epochs is not None:
            changes["epochs"] = epochs
        set_options(changes, options or [])
        base = preset_named(preset).changed(changes)
        faces = load_dataset(base.dataset, progress=Counter(bar, "files read"), **base.reading)
        best = tuning.tune(
            base,
            faces,
            study=study,
            trials=trials,
            on_trial_end=lambda row: err.print(_trial_line(row)),
        )
    out.print(f"Best: {_trial_line(best)}")
    for name, value in best.items():
        if name not in ("trial", "state", "accuracy", "epochs"):
            typer.echo(f"  --set {name}={value:.6g}")


def _trial_line(row: Mapping[str, Any]) -> str:
    reached = f", validation accuracy {row['accuracy']:.1%}" if row["accuracy"] is not None else ""
    return f"trial {row['trial']}: {row['state']} after {row['epochs']} epochs{reached}"
