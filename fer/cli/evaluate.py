"""`evaluate` and `calibrate`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fer.cli.terminal import (
    Counter,
    DatasetArgument,
    JsonOption,
    ModelArgument,
    import_keras,
    out,
    print_figures,
    progress,
)


def evaluate(
    model: ModelArgument,
    dataset: DatasetArgument,
    split: Annotated[
        str, typer.Option(help="train, validation, test, public_test, private_test or all.")
    ] = "test",
    tta: Annotated[
        str, typer.Option(help="Test-time augmentation: none, flip, shifts or ten_crop.")
    ] = "none",
    form: Annotated[str, typer.Option(help="keras, litert, litert-int8 or auto.")] = "keras",
    compare: Annotated[
        str | None, typer.Option(help="A second model to compare, on the same faces and labels.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML report to this file, and JSON beside it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a model on one split of a data set."""
    import_keras()
    from fer import api

    with progress() as bar:
        figures = api.evaluate(
            model,
            dataset,
            split,
            tta=tta,
            form=form,
            compare=compare,
            report=report,
            progress=Counter(bar, "faces"),
        )
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
    else:
        print_figures(figures)


def calibrate(model: ModelArgument, dataset: DatasetArgument) -> None:
    """Fit a model's confidence to a data set's validation split.

    The fit changes how confident the model is, never which emotion a face gets. It is kept in the
    model's card; a model that came with the package is copied to your models first.
    """
    import_keras()
    from fer import api

    with progress() as bar:
        card = api.calibrate(model, dataset, progress=Counter(bar, "faces"))
    record = card.calibration
    out.print(
        f"{card.name}: temperature {card.temperature:.3f}, fitted on "
        f"{record['images']:,} validation faces of {record['dataset']}. Calibration error "
        f"there {record['ece_before']:.1%} before, {record['ece_after']:.1%} after."
    )
