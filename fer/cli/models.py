"""Models and networks: list and export."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer.cli.terminal import (
    Counter,
    ModelArgument,
    import_keras,
    import_runtime,
    make_table,
    out,
    progress,
    quiet_imports,
    styled,
)
from fer.errors import ConfigError, DatasetError, FerError
from fer.wording import counted, split_name

if TYPE_CHECKING:
    pass


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
            f"{split_name(split)} {figures['accuracy']:.1%} (n {figures['images']:,})"
            for split, figures in card.metrics.items()
            if split != "validation"
        ]
        if card.is_unchecked:
            tests.append("labels and scale never checked")
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
    dataset: Annotated[
        str | None,
        typer.Argument(
            help="A data set's name or path, or 'synthetic'. With --web it may be left away.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="The split to measure the forms on.")] = "test",
    web: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write a page instead, which runs the model in any browser."
        ),
    ] = None,
) -> None:
    """Write a model's other forms: LiteRT, for phones and a fast start, and ONNX.

    Each form is compared with the original on the split, and the differences, accuracy, size and
    speed are kept in the model's card. ONNX needs the extra 'onnx'. A model that came with the
    package is copied to your models first.

    With --web, DIR becomes a folder that any web server can serve. Its page finds faces and names
    their emotions in the visitor's own browser, also offline; no photo leaves the device. Where
    Chromium is installed, the page is compared with Python on 200 photos made of the data set's
    faces, or of drawn ones. It needs the extra 'onnx' and YuNet.
    """
    if web is not None:
        return _export_page(model, dataset, split, web)
    if dataset is None:
        raise DatasetError(
            "The forms are measured on a data set, and none is given. Name one, or 'synthetic', or "
            "add --web DIR to write a page."
        )
    import_keras()
    from fer import api

    with progress() as bar, quiet_imports():
        card = api.export(model, dataset, split, progress=Counter(bar, "faces"))
    out.print(f"{card.name} has these forms now:")
    _print_parity(card.forms)
    return None


def _export_page(model: str, dataset: str | None, split: str, folder: Path) -> None:
    from fer import models
    from fer.browser import export as page
    from fer.browser import parity

    page.check_place(folder)
    page.page_build()
    import_runtime(model)
    loaded = models.load(model)
    data = None
    if dataset is not None:
        from fer.evaluation.figures import dataset_for

        with progress() as bar:
            data = dataset_for(loaded.card, dataset, progress=Counter(bar, "faces"))
        data.select(split)  # fails before anything is written
    with quiet_imports():
        page.write(model, folder)
    out.print(f"Written: {folder}. Serve it over HTTPS, or from this machine:")
    out.print(f"python -m http.server --bind 127.0.0.1 --directory {folder}")
    try:
        with progress() as bar:
            found = parity.measure(folder, loaded, data, split, progress=Counter(bar, "photos"))
    except ConfigError as error:  # no browser, or none that runs here: the page itself is whole
        out.print(f"Its answers were not compared with Python's. {error}")
        return
    page.add_parity(folder, found)
    faces = "drawn faces" if found["synthetic"] else f"faces of {found['dataset']}"
    out.print(
        f"Compared with Python on {found['photos']} photos made of {faces}: the same answer on "
        f"{found['same_answer']:.1%}, probabilities differ by at most "
        f"{found['largest_difference']:.4f}."
    )
    out.print(
        f"In this machine's Chromium, the first answer came after {found['first_answer_ms']} ms, "
        f"and a frame takes {found['frame_ms']} ms."
    )


def save(
    model: ModelArgument,
    file: Annotated[
        Path, typer.Argument(help="A .keras, .h5, .json, .onnx or .tflite file to write.")
    ],
    data: Annotated[
        str | None,
        typer.Option(
            help="The data set to compare on.",
            show_default="the one that the model was trained or checked on, if it is here",
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="The split to compare on.")] = "test",
) -> None:
    """Write a model's network for other programs, and compare the file with it.

    The weights of a .json file are written to a file beside it. ONNX needs the extra 'onnx'. A
    .tflite file is for apps: it takes RGB, holds labels and normalisation, and its probabilities
    are calibrated. The comparison is printed, and kept beside the file, in FILE.parity.json.
    """
    import_runtime(model)
    from fer.evaluation import saving

    with progress() as bar:
        report = saving.save(model, file, data, split, progress=Counter(bar, "faces"))
    for path in report["files"]:
        out.print(f"Written: {path}")
    _print_parity(report["forms"])


def _print_parity(forms: Mapping[str, Mapping[str, Any]]) -> None:
    """The comparison of forms, as `fer.evaluation.parity.parity` gives it, with their sizes."""

    table = make_table("form", "size", "accuracy", "largest difference", "same answer", "one face")
    for form, row in forms.items():
        table.add_row(
            form,
            f"{row['bytes'] / 1e6:.2f} MB",
            "" if row["accuracy"] is None else f"{row['accuracy']:.1%}",
            f"{row['largest_difference']:.1e}",
            f"{row['same_answer']:.1%}",
            f"{row['one_face_ms']:.2f} ms",
        )
    out.print(table)
    faces = counted(row["images"], "drawn face" if row["synthetic"] else "face")
    out.print(f"Compared on {faces} of {row['dataset']}, split {split_name(row['split'])}.")
    if row["synthetic"]:
        out.print("Drawn faces are no measure of real ones. Name a data set of real faces instead.")


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
