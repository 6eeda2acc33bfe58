"""Models and networks: list, import, export."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer import emotions
from fer.cli.terminal import (
    Counter,
    DatasetArgument,
    ModelArgument,
    import_keras,
    import_runtime,
    make_table,
    out,
    progress,
    quiet_imports,
    styled,
)
from fer.errors import ConfigError, DatasetError, FerError, ModelError
from fer.wording import counted, split_name

if TYPE_CHECKING:
    from fer.evaluation.contract import Fit


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


def adopt(
    file: Annotated[
        Path, typer.Argument(help="A .keras, .h5 or .json file that Keras wrote, or .onnx.")
    ],
    name: Annotated[str, typer.Option(help="Name of the new model.")],
    labels: Annotated[
        str | None, typer.Option(help="Its classes in the order of its outputs: a,b,…")
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(
            help="What it expects of pixel values: 0-1 (unless given or found), -1-1, 0-255, "
            "imagenet, caffe-bgr or per-image."
        ),
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="The weights of a .json file.")] = None,
    output: Annotated[
        str | None, typer.Option(help="The output of an .onnx file that has several.")
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(
            help="A data set: labels and scale are checked on its validation faces, and found "
            "where they are not given."
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a model that has that name.")
    ] = False,
) -> None:
    """Make a model of a network that was trained elsewhere."""
    from fer import models
    from fer.models import adoption

    folder = models.named(name)
    models.check_replaceable(folder, may_replace=replace)
    classes = tuple(emotions.canonical(label) for label in labels.split(",")) if labels else None
    if file.suffix.lower() != ".onnx":
        import_keras()
    checked = None
    if check:
        scale, classes, checked = _checked(file, weights, output, check, scale, classes)
    if classes is None:
        raise ModelError(
            "The labels are not given. Add --labels a,b,… in the order of the network's outputs, "
            "or --check DATASET to find that order."
        )
    card = adoption.adopt(
        file, classes, out=folder, scale=scale or "0-1", weights=weights, checked=checked,
        output=output, may_replace=replace,
    )  # fmt: skip
    out.print(
        f"Added '{card.name}': {card.width}×{card.height}×{card.channels}, "
        f"{len(card.labels)} classes. Measure it with `python -m fer evaluate {name} DATASET`."
    )
    if card.is_unchecked:
        out.print(
            "Its labels and scale were never checked on labelled faces. Check them with "
            f"`python -m fer check {name} DATASET`."
        )


def _checked(
    file: Path,
    weights: Path | None,
    output: str | None,
    dataset: str,
    scale: str | None,
    labels: tuple[str, ...] | None,
) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Scale and labels that were given, or else found, and what the card keeps of their check."""
    from fer.evaluation.contract_search import search_contract
    from fer.models.pixel_scales import scale_named

    if scale:
        scale_named(scale, channels=3)
    with progress() as bar, quiet_imports():
        search = search_contract(
            file, dataset, weights=weights, output=output, progress=Counter(bar, "faces")
        )
    fits = search.fits(labels or ())
    _print_fits(search.dataset, fits)
    chosen = next((fit for fit in fits if fit.scale == scale), fits[0])
    taken = scale or chosen.scale, labels or chosen.labels
    doubts = search.doubts(taken[1])
    if objections := search.objections(*taken):
        raise ModelError(
            f"{' '.join([*objections, *doubts])} Nothing was added. Leave --labels and --scale "
            "away to take what fits best, or --check to add it as it is."
        )
    if doubts and not (scale and labels):
        is_known = labels or search.decides_on_order(taken[1])
        raise ModelError(
            f"{' '.join(doubts)} Nothing was added. To add it now, unchecked, add --scale "
            f"{taken[0]} --labels {','.join(taken[1]) if is_known else 'a,b,…'} to the command."
        )
    verdict = doubts or ["no other contract fits better.", *search.limits(taken[1])]
    out.print(f"Scale {taken[0]}, labels {','.join(taken[1])}: {' '.join(verdict)}")
    return *taken, search.checked(*taken)


def check(model: ModelArgument, dataset: DatasetArgument) -> None:
    """Check the labels and the scale of a model that was trained elsewhere.

    They are tried against all others on validation faces. If no other ones fit better, the model's
    card keeps that.
    """
    import_runtime(model)
    from fer import models
    from fer.evaluation.contract_search import check_contract, scale_of

    card = models.load(model).card
    with progress() as bar, quiet_imports():
        search = check_contract(model, dataset, progress=Counter(bar, "faces"))
    _print_fits(search.dataset, search.fits(card.labels))
    doubts = search.doubts(card.labels)
    if objections := search.objections(scale_of(card), card.labels):
        raise ModelError(
            f"{' '.join([*objections, *doubts])} Adopt the network again with what fits."
        )
    if doubts:
        raise ModelError(f"{' '.join(doubts)} The model's card stays as it is.")
    limits = " ".join(search.limits(card.labels))
    out.print(f"No other scale and labels fit '{card.name}' better. {limits}")


def _print_fits(dataset: str, fits: "Sequence[Fit]") -> None:
    table = make_table("scale", "accuracy", "95% interval", "mean recall", "labels by output")
    for fit in fits:
        low, high = fit.accuracy_ci95
        table.add_row(
            fit.scale,
            f"{fit.accuracy:.1%}",
            f"{low:.1%} to {high:.1%}",
            f"{fit.mean_recall:.1%}",
            ",".join(fit.labels),
        )
    out.print(f"On {counted(fits[0].images, 'validation face')} of {dataset}:")
    out.print(table)


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
