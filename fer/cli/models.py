"""Models and networks: list, import, export."""

from pathlib import Path
from typing import Annotated

import typer

from fer import emotions
from fer.cli.terminal import (
    Counter,
    DatasetArgument,
    ModelArgument,
    import_keras,
    make_table,
    out,
    progress,
    quiet_imports,
    styled,
)
from fer.errors import FerError


def models() -> None:
    """List the models."""
    from fer.models import CARD_FILE, find, list_models
    from fer.models.card import read_card

    table = make_table("model", "classes", "input", "parameters", "test figure")
    for name in list_models():
        try:
            card = read_card(find(name) / CARD_FILE)
        except FerError as error:
            table.add_row(name, styled(str(error), "red"))
            continue
        tests = [
            f"{split} {figures['accuracy']:.1%} (n {figures['images']:,})"
            for split, figures in card.metrics.items()
            if split != "validation"
        ]
        table.add_row(
            name,
            str(len(card.labels)),
            f"{card.width}×{card.height}×{card.channels}",
            f"{card.parameters:,}",
            ", ".join(tests),
        )
    out.print(table)


def export(
    model: ModelArgument,
    dataset: DatasetArgument,
    split: Annotated[str, typer.Option(help="The split to measure the forms on.")] = "test",
) -> None:
    """Write a model as LiteRT, for phones and a fast start.

    The accuracy, size and speed of each form are measured and kept in the model's card. A model
    that came with the package is copied to your models first.
    """
    import_keras()
    from fer import api

    with progress() as bar, quiet_imports():
        card = api.export(model, dataset, split, progress=Counter(bar, "faces"))
    table = make_table("form", "file", "size", "accuracy", "one face")
    for form, row in card.forms.items():
        table.add_row(
            form,
            row["file"],
            f"{row['bytes'] / 1e6:.2f} MB",
            f"{row['accuracy']:.1%} ({row['split']}, n {row['images']:,})",
            f"{row['one_face_ms']:.2f} ms",
        )
    out.print(table)


def save(
    model: ModelArgument,
    file: Annotated[Path, typer.Argument(help="A .keras, .h5 or .json file to write.")],
) -> None:
    """Write a model's network for other programs.

    The weights of a .json file are written to a file beside it.
    """
    from fer.models import keras_files

    import_keras()
    for path in keras_files.save(model, file):
        out.print(f"Written: {path}")


def adopt(
    file: Annotated[Path, typer.Argument(help="A .keras, .h5 or .json file that Keras wrote.")],
    name: Annotated[str, typer.Option(help="Name of the new model.")],
    labels: Annotated[str, typer.Option(help="Its classes in the order of its outputs: a,b,…")],
    scale: Annotated[str, typer.Option(help="Its pixel range: 0-255, 0-1 or -1-1.")] = "0-1",
) -> None:
    """Make a model of a network that was trained elsewhere."""
    from fer import models
    from fer.models import adoption

    folder = models.named(name)
    import_keras()
    classes = [emotions.canonical(label) for label in labels.split(",")]
    card = adoption.adopt(file, classes, out=folder, scale=scale)
    out.print(
        f"Added '{card.name}': {card.width}×{card.height}×{card.channels}, "
        f"{len(card.labels)} classes. Measure it with `python -m fer evaluate {name} DATASET`."
    )


def architectures(
    name: Annotated[str | None, typer.Argument(help="A network to show layer by layer.")] = None,
) -> None:
    """List the networks with their cost, or show one layer by layer."""
    import_keras()
    from fer.nets import architectures as nets
    from fer.nets.cost import multiply_adds, summary

    table = make_table("network", "input", "options", "parameters", "multiply-adds")
    for known in [name] if name else nets.NAMES:
        height, width, channels = shape = nets.NATIVE_INPUTS.get(known, (48, 48, 1))
        options = ", ".join(f"{key} {value:g}" for key, value in nets.options_of(known).items())
        model = nets.build(known, shape, classes=7)
        cost = f"{multiply_adds(model) / 1e6:.1f} million"
        size = f"{width}×{height}×{channels}"
        table.add_row(known, size, options, f"{model.count_params():,}", cost)
    if name:
        out.print(nets.describe(name))
        layers = make_table("layer", "output", "parameters", "multiply-adds")
        for row in summary(model):
            numbers = (f"{row['parameters']:,}", f"{row['multiply_adds']:,}")
            layers.add_row(str(row["layer"]), str(row["output"]), *numbers)
        out.print(layers)
    out.print(table)
