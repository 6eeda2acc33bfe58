"""The command line: `python -m fer COMMAND`."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from fer import train_commands
from fer.errors import FerError, ImageError
from fer.terminal import Counter, err, out
from fer.terminal import import_keras as _import_keras
from fer.terminal import plain_errors as _plain_errors
from fer.terminal import print_figures as _print_figures
from fer.terminal import progress as _progress
from fer.terminal import stop_on_interrupt as _stop_on_interrupt

# Heavy imports stay inside the commands: `predict` must not wait for what `train` needs.
if TYPE_CHECKING:
    from fer.data import Dataset
    from fer.inference.predictor import PhotoFaces, Predictor

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # or it reports every missing GPU

app = typer.Typer(
    help="Facial emotion recognition on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
detectors_app = typer.Typer(help="The face detectors of this machine.", no_args_is_help=True)
app.add_typer(detectors_app, name="detectors")
data_app = typer.Typer(help="The data sets of this machine.", no_args_is_help=True)
app.add_typer(data_app, name="data")

_LISTED = 20  # files left out that are named one by one

train_commands.register(app)

DetectorOption = Annotated[
    str, typer.Option(help="auto, mtcnn, yunet, or none: each picture is one tight face.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command()
def predict(
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.")],
    model: Annotated[str | None, typer.Option(help="A model's name or folder.")] = None,
    detector: DetectorOption = "auto",
    as_json: JsonOption = False,
    csv: Annotated[
        Path | None,
        typer.Option(help="Write a row a face as it comes; go on where the file stops."),
    ] = None,
    recursive: Annotated[
        bool, typer.Option("--recursive", help="Look into folders inside folders, too.")
    ] = False,
) -> None:
    """Find the faces on photos and name their emotions.

    One bad file does not stop the rest; the exit status is 1 if any failed. For many photos use
    --csv: Ctrl-C stops it, and the same command goes on.
    """
    with _plain_errors():
        from fer.inference.folders import photos_among
        from fer.inference.predictor import Predictor

        _import_keras()
        predictor = Predictor.load(model, detector=detector)
        if csv is not None:
            _predict_to_csv(predictor, photos, csv, recursive=recursive)
            return
        files = list(photos_among(photos, recursive=recursive))
        rows = [
            _predict_row(file, found)
            for file, found in zip(files, predictor.predict_many(files), strict=True)
        ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        out.print(_predictions_table(rows))
    if any(row["error"] for row in rows):
        raise typer.Exit(1)


def _predict_to_csv(
    predictor: "Predictor", photos: list[Path], csv: Path, *, recursive: bool
) -> None:
    from fer.inference.folders import predict_to_csv

    notice = "Stopping after a few photos; the same command goes on."
    with _stop_on_interrupt(notice) as stop, _progress() as bar:
        report = predict_to_csv(
            predictor,
            photos,
            csv,
            recursive=recursive,
            progress=Counter(bar, "photos"),
            stop=stop,
        )
    before = f" ({report.before:,} before)" if report.before else ""
    out.print(
        f"{report.photos:,} photos{before}, {report.faces:,} faces, {report.failed:,} failed. "
        f"Written to {escape(str(csv))}.",
        soft_wrap=True,
    )
    if report.stopped:
        out.print("Stopped before the end. The same command goes on from here.")
    if report.failed:
        raise typer.Exit(1)


def _predict_row(file: Path, prediction: "PhotoFaces | ImageError") -> dict[str, Any]:
    if isinstance(prediction, ImageError):
        return {"file": str(file), "error": str(prediction), "faces": []}
    faces = [
        {
            "box": list(face.box),
            "score": face.score,
            "emotion": face.emotion,
            "probabilities": face.probabilities,
        }
        for face in prediction.faces
    ]
    return {"file": str(file), "error": None, "faces": faces}


def _predictions_table(rows: list[dict[str, Any]]) -> Table:
    from fer.emotions import describe

    table = Table("file", "face", "emotion", "probability", "box (x, y, width, height)")
    for row in rows:
        name = escape(row["file"])
        if row["error"]:
            table.add_row(name, "", f"[red]error:[/red] {escape(row['error'])}", "", "")
        elif not row["faces"]:
            table.add_row(name, "", "no face found", "", "")
        for number, face in enumerate(row["faces"], start=1):
            emotion = face["emotion"]
            table.add_row(
                name if number == 1 else "",
                str(number),
                f"{describe(emotion).symbol} {emotion}",
                f"{face['probabilities'][emotion]:.0%}",
                ", ".join(map(str, face["box"])),
            )
    return table


@app.command()
def video(
    file: Annotated[Path, typer.Argument(help="A film.")],
    every: Annotated[int, typer.Option(min=1, help="Look at every so many frames.")] = 1,
    csv: Annotated[
        Path | None, typer.Option("--out", help="CSV file; default FILE with .csv at its end.")
    ] = None,
    annotated: Annotated[
        Path | None, typer.Option(help="MP4 file with the faces marked, to write as well.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model's name or folder.")] = None,
    detector: DetectorOption = "auto",
) -> None:
    """Follow the faces through a film: a row for each person on each frame.

    Ctrl-C stops it, and the same command goes on. What of a damaged film can be read is read; the
    exit status is then 1.
    """
    with _plain_errors():
        from fer.inference.predictor import Predictor
        from fer.inference.videofiles import analyse_to_csv, annotate

        _import_keras()
        predictor = Predictor.load(model, detector=detector)
        csv = csv or file.with_name(f"{file.name}.csv")
        notice = "Stopping after this frame; the same command goes on."
        with _stop_on_interrupt(notice) as stop, _progress() as bar:
            report = analyse_to_csv(
                file, predictor, csv, every=every, progress=Counter(bar, "frames"), stop=stop
            )
        before = f" ({report.before:,} before)" if report.before else ""
        out.print(
            f"{report.frames:,} frames{before}, {report.people:,} people, up to "
            f"{report.seconds:.1f} s. Written to {escape(str(csv))}.",
            soft_wrap=True,
        )
        if report.stopped:
            out.print("Stopped before the end. The same command goes on from here.")
        elif annotated:
            with _progress() as bar:
                annotate(file, csv, annotated, progress=Counter(bar, "frames drawn"))
            out.print(f"Written to {escape(str(annotated))}.", soft_wrap=True)
    if report.problem:
        err.print(f"[red]Damaged:[/red] {escape(report.problem)}.", soft_wrap=True)
        raise typer.Exit(1)


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="A model's name or folder.")],
    dataset: Annotated[str, typer.Argument(help="A data set's folder, or 'synthetic'.")],
    split: Annotated[
        str, typer.Option(help="train, validation, test, public_test, private_test or all.")
    ] = "test",
    tta: Annotated[
        str, typer.Option(help="Test-time augmentation: none, flip or ten_crop.")
    ] = "none",
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML report here, and a JSON beside it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a model on one split of a data set."""
    with _plain_errors(), _progress() as bar:
        from fer import api

        _import_keras()
        figures = api.evaluate(
            model, dataset, split, tta=tta, report=report, progress=Counter(bar, "faces")
        )
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
    else:
        _print_figures(figures)


@app.command()
def calibrate(
    model: Annotated[str, typer.Argument(help="A model's name or folder.")],
    dataset: Annotated[str, typer.Argument(help="A data set's folder, or 'synthetic'.")],
) -> None:
    """Fit a model's confidence to a data set's validation part, and keep that in its card.

    Which emotion a face gets never changes by this; how sure the model says it is does.
    """
    with _plain_errors(), _progress() as bar:
        from fer import api

        _import_keras()
        card = api.calibrate(model, dataset, progress=Counter(bar, "faces"))
    record = card.calibration
    out.print(
        f"{escape(card.name)}: temperature {card.temperature:.3f}, fitted on "
        f"{record['images']:,} validation faces of {escape(record['dataset'])}. Calibration error "
        f"there {record['ece_before']:.1%} before, {record['ece_after']:.1%} after."
    )


@app.command()
def models() -> None:
    """List the models that are there."""
    from fer.nets.artefact import find, list_models
    from fer.nets.card import read_card

    table = Table("model", "classes", "input", "parameters", "test figure")
    for name in list_models():
        try:
            card = read_card(find(name) / "card.json")
        except FerError as error:
            table.add_row(name, f"[red]{escape(str(error))}[/red]", "", "", "")
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


@detectors_app.command("list")
def list_detectors() -> None:
    """Say which detectors are there."""
    from fer.faces.detection import detectors

    table = Table("detector", "there", "where")
    for row in detectors():
        where = str(row.path) if row.path else "inside its package"
        table.add_row(row.name, "yes" if row.present else "no", escape(where))
    out.print(table)


@detectors_app.command("add")
def add_detector(
    file: Annotated[Path, typer.Argument(help="face_detection_yunet_2023mar.onnx")],
) -> None:
    """Add YuNet from a file that you have."""
    with _plain_errors():
        from fer.faces.files import install

        out.print(f"YuNet is ready: {escape(str(install(file)))}", soft_wrap=True)


@detectors_app.command("download")
def download_detector() -> None:
    """Fetch YuNet from the OpenCV zoo (0.2 MB)."""
    with _plain_errors(), _progress() as bar:
        from fer.faces.files import download

        where = download(progress=Counter(bar, "bytes"))
    out.print(f"YuNet is ready: {escape(str(where))}", soft_wrap=True)


def _data_source(dataset: str) -> "Dataset":
    from fer.data import load_dataset

    with _progress() as bar:
        return load_dataset(dataset, validation_fraction=0, progress=Counter(bar, "faces"))


@data_app.command("add")
def add_data(
    source: Annotated[
        str,
        typer.Argument(
            help="A folder, fer2013.csv, a manifest, an archive, or kaggle:<owner>/<name>."
        ),
    ],
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    custom_classes: Annotated[
        bool, typer.Option("--custom-classes", help="Keep unknown emotions as classes.")
    ] = False,
) -> None:
    """Read a data set once and give it a name."""
    with _plain_errors():
        from fer import data

        with _progress() as bar:
            added = data.add(
                source,
                name=name,
                custom_classes=custom_classes,
                progress=Counter(bar, "faces"),
            )
    _print_dataset(added)


@data_app.command("list")
def list_data() -> None:
    """List the data sets that have a name."""
    with _plain_errors():
        from fer.data import registered

        sources = registered()
    table = Table("data set", "where")
    for source in sources:
        where = source.origin or source.path or "drawn by this program"
        table.add_row(escape(source.name), escape(str(where)))
    out.print(table)


@data_app.command("show")
def show_data(
    dataset: Annotated[str, typer.Argument(help="A data set's name or path.")],
) -> None:
    """Say what a data set holds and what was left out."""
    with _plain_errors():
        _print_dataset(_data_source(dataset))


def _print_dataset(dataset: "Dataset") -> None:
    from fer.data.summary import class_by_split

    out.print(f"[bold]{escape(dataset.name)}[/bold]: {escape(dataset.recognised)}", soft_wrap=True)
    out.print(f"Splits: {escape(dataset.split_rule)}.", soft_wrap=True)
    counts = class_by_split(dataset)
    table = Table("class", *counts.columns, "all")
    for label, row in counts.iterrows():
        table.add_row(escape(str(label)), *(f"{n:,}" for n in row), f"{row.sum():,}")
    table.add_row("all", *(f"{n:,}" for n in counts.sum()), f"{len(dataset):,}")
    out.print(table)
    marked = int(dataset.excluded.sum()), int(dataset.relabelled.sum())
    if any(marked):
        out.print(f"By hand: {marked[0]:,} excluded, {marked[1]:,} relabelled.")
    for path, reason in dataset.unreadable[:_LISTED]:
        out.print(f"[yellow]left out[/yellow] {escape(path)}: {escape(reason)}", soft_wrap=True)
    if len(dataset.unreadable) > _LISTED:
        out.print(f"and {len(dataset.unreadable) - _LISTED:,} more left out.")


@data_app.command("audit")
def audit_data(
    dataset: Annotated[str, typer.Argument(help="A data set's name or path.")],
    as_json: JsonOption = False,
) -> None:
    """Look for copies, leaks between splits, blank pictures and doubtful labels."""
    with _plain_errors():
        from fer.data.audit import audit

        summary = audit(_data_source(dataset)).summary
    if as_json:
        typer.echo(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    from fer.data.summary import sentences

    out.print(f"[bold]{escape(summary['name'])}[/bold]: {escape(summary['recognised'])}")
    for sentence in sentences(summary):
        out.print(f"- {escape(sentence)}", soft_wrap=True)


@data_app.command("remove")
def remove_data(
    dataset: Annotated[str, typer.Argument(help="A data set's name.")],
) -> None:
    """Forget a data set's name and index. Your own files and marks stay."""
    with _plain_errors():
        from fer.data import remove

        remove(dataset)
    out.print(f"'{escape(dataset)}' is forgotten. Its files were not touched.")
