"""`evaluate` and `calibrate`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fer.cli.terminal import (
    Counter,
    JsonOption,
    escape,
    import_keras,
    out,
    plain_errors,
    print_figures,
    progress,
)


def evaluate(
    model: Annotated[str, typer.Argument(help="A model's name or folder.")],
    dataset: Annotated[str, typer.Argument(help="A data set's folder or name, or 'synthetic'.")],
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
    with plain_errors(), progress() as bar:
        from fer import api

        import_keras()
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


def calibrate(
    model: Annotated[str, typer.Argument(help="A model's name or folder.")],
    dataset: Annotated[str, typer.Argument(help="A data set's folder or name, or 'synthetic'.")],
) -> None:
    """Fit a model's confidence to a data set's validation part, and keep the fit in its card.

    This never changes which emotion a face gets, only how confident the model is.
    """
    with plain_errors(), progress() as bar:
        from fer import api

        import_keras()
        card = api.calibrate(model, dataset, progress=Counter(bar, "faces"))
    record = card.calibration
    out.print(
        f"{escape(card.name)}: temperature {card.temperature:.3f}, fitted on "
        f"{record['images']:,} validation faces of {escape(record['dataset'])}. Calibration error "
        f"there {record['ece_before']:.1%} before, {record['ece_after']:.1%} after."
    )
