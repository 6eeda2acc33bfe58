"""`evaluate` and `calibrate`."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from fer.cli.on_ray import (
    AddressOption,
    EngineOption,
    OutOption,
    faces_on_ray,
    is_on_ray,
    photos_on_ray,
)
from fer.cli.terminal import (
    Counter,
    DatasetArgument,
    JsonOption,
    ModelArgument,
    import_runtime,
    out,
    print_figures,
    progress,
    quiet_imports,
)
from fer.errors import ConfigError


def evaluate(
    model: ModelArgument,
    dataset: Annotated[
        str,
        typer.Argument(
            help="A data set's name or path, or 'synthetic'; with --photos, a folder of photos."
        ),
    ],
    split: Annotated[
        str | None,
        typer.Option(
            help="train, validation, test, PublicTest, PrivateTest or all.", show_default="test"
        ),
    ] = None,
    tta: Annotated[
        str | None,
        typer.Option(
            help="Test-time augmentation: none, flip, shifts or ten_crop.", show_default="none"
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            help="Which of the model's files to run: keras, litert, litert-int8, onnx or auto.",
            show_default="what it was trained or adopted in; with --photos, auto",
        ),
    ] = None,
    photos: Annotated[
        bool,
        typer.Option(
            "--photos",
            help="Measure whole photos of any size, in a folder such as happy/1.jpg, sad/2.jpg. "
            "The largest face of each photo counts.",
        ),
    ] = False,
    detector: Annotated[
        str | None,
        typer.Option(
            help="With --photos: auto, mtcnn, yunet, or none where each photo is one tight face.",
            show_default="auto",
        ),
    ] = None,
    compare: Annotated[
        str | None, typer.Option(help="A second model to compare, on the same faces and labels.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML report to this file, and JSON beside it.")
    ] = None,
    as_json: JsonOption = False,
    engine: EngineOption = "local",
    address: AddressOption = None,
    folder: OutOption = None,
) -> None:
    """Measure a model on one split of a data set, or on your own photos.

    With --engine ray, all cores or a cluster classify. With --photos, the answers are then kept in
    a folder of Parquet files. The same command resumes.
    """
    on_ray = is_on_ray(engine, address=address, out=folder, others_have_out=False, needs_out=photos)
    if on_ray and photos and (compare or report):
        raise ConfigError("--compare and --report of photos are for one machine: leave out Ray.")
    if photos and (split or tta):
        raise ConfigError("--split and --tta are for data sets. Leave them out with --photos.")
    if detector and not photos:
        raise ConfigError("--detector is for whole photos. Add --photos, or leave it out.")
    if on_ray and photos:
        measured = photos_on_ray(
            model, dataset, str(folder), detector=detector or "auto", form=form or "auto",
            address=address,
        )  # fmt: skip
        if measured is None:
            return
        figures = measured
    elif photos:
        figures = _evaluate_photos(
            model, dataset, detector or "auto", form=form or "auto", compare=compare, report=report
        )
    elif on_ray:
        import_runtime(model)
        figures = faces_on_ray(
            model, dataset, split=split or "test", tta=tta or "none", form=form or "original",
            compare=compare, report=report, address=address,
        )  # fmt: skip
    else:
        import_runtime(model)
        from fer import api

        with progress() as bar:
            figures = api.evaluate(
                model,
                dataset,
                split or "test",
                tta=tta or "none",
                form=form or "original",
                compare=compare,
                report=report,
                progress=Counter(bar, "faces"),
            )
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
        return
    print_figures(figures)
    for photo in figures.get("skipped", ()):
        out.print(f"Skipped: {photo['path']}: {photo['reason']}")


def _evaluate_photos(
    model: str,
    folder: str,
    detector: str,
    *,
    form: str,
    compare: str | None,
    report: Path | None,
) -> dict[str, Any]:
    with quiet_imports():
        from fer import api, models
        from fer.faces.detection import load_detector

        loaded = models.load(model, form=form)
        second = models.load(compare, form=form) if compare else None
        if detector != "none":
            load_detector(detector)
        if report:  # for Grad-CAM
            with suppress(ImportError):
                import keras  # noqa: F401
    with progress() as bar:
        return api.evaluate_photos(
            loaded,
            folder,
            detector=detector,
            compare=second,
            report=report,
            progress=Counter(bar, "photos"),
        )


def calibrate(model: ModelArgument, dataset: DatasetArgument) -> None:
    """Fit a model's confidence to a data set's validation split.

    The fit changes how confident the model is, never which emotion a face gets. It is kept in the
    model's card; a model that came with the package is copied to your models first.
    """
    import_runtime(model)
    from fer import api

    with progress() as bar:
        card = api.calibrate(model, dataset, progress=Counter(bar, "faces"))
    record = card.calibration
    out.print(
        f"{card.name}: temperature {card.temperature:.3f}, fitted on "
        f"{record['images']:,} validation faces of {record['dataset']}. Calibration error "
        f"there {record['ece_before']:.1%} before, {record['ece_after']:.1%} after."
    )
