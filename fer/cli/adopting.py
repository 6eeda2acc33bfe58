"""Networks from elsewhere: adopt and check."""

from collections.abc import Sequence
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
)
from fer.errors import ModelError
from fer.wording import counted

if TYPE_CHECKING:
    from fer.evaluation.contract import Fit


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
