"""`predict` and `video`: photos, folders and videos → faces and their emotions."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer.cli.on_ray import (
    AddressOption,
    EngineOption,
    OutOption,
    is_on_ray,
    predict_on_ray,
    videos_on_ray,
)
from fer.cli.terminal import (
    Counter,
    JsonOption,
    ModelOption,
    Output,
    err,
    make_table,
    out,
    progress,
    quiet_imports,
    stop_on_interrupt,
    styled,
)
from fer.errors import ConfigError, VideoError
from fer.wording import counted, detector_name, not_read, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fer.inference.frame_log import FrameFaces
    from fer.inference.predictor import Predictor
    from fer.inference.video_csv import VideoReport
    from fer.inference.video_source import Address, Camera

FormOption = Annotated[
    str,
    typer.Option(
        help="Which of the model's files to run: auto, keras, litert, litert-int8 or onnx."
    ),
]
DetectorOption = Annotated[
    str, typer.Option(help="auto, mtcnn, yunet, or none where each photo is one tight face.")
]

_STOPPED = "Stopped before the end. Run the same command to resume."


def predict(
    photos: Annotated[
        list[str],
        typer.Argument(
            help="Photos, or folders of photos; with --engine ray also patterns, Parquet tables of "
            "image files, and URLs."
        ),
    ],
    model: ModelOption = None,
    detector: DetectorOption = "auto",
    form: FormOption = "auto",
    as_json: JsonOption = False,
    csv: Annotated[
        Path | None,
        typer.Option(help="Write a row per face as results come; an existing file is resumed."),
    ] = None,
    recursive: Annotated[bool, typer.Option("--recursive", help="Search subfolders, too.")] = False,
    engine: EngineOption = "local",
    address: AddressOption = None,
    folder: OutOption = None,
) -> None:
    """Find the faces on photos and name their emotions.

    A bad file does not stop the others; the exit status is 1 if any failed. What is no photo in a
    folder is not read, and listed. For many photos use
    --csv: after Ctrl-C, the same command resumes. For more than one machine, use --engine ray.
    """
    if is_on_ray(engine, address=address, out=folder, others_have_out=False):
        if csv or as_json:
            raise ConfigError("--engine ray writes Parquet. Leave out --csv and --json.")
        predict_on_ray(
            photos, str(folder), model=model, detector=detector, form=form, address=address,
            recursive=recursive,
        )  # fmt: skip
        return
    from fer.inference.folders import photos_among
    from fer.inference.photo_rows import names_of, photo_json
    from fer.inference.predictor import Predictor

    with quiet_imports():
        predictor = Predictor.load(model, detector=detector, form=form)
    paths = [Path(photo) for photo in photos]
    if csv is not None:
        _predict_to_csv(predictor, paths, csv, recursive=recursive)
        return
    found = photos_among(paths, recursive=recursive)
    names = names_of(predictor)
    rows = [
        photo_json(str(file), result, **names)
        for file, result in zip(found.files, predictor.predict_many(found.files), strict=True)
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))  # names may not be valid UTF-8
    else:
        _print_predictions(rows)
    _print_skipped(found.skipped, err if as_json else out)
    if any(row["error"] for row in rows):
        raise typer.Exit(1)


def _predict_to_csv(
    predictor: "Predictor", photos: list[Path], csv: Path, *, recursive: bool
) -> None:
    from fer.inference.folders import predict_to_csv

    notice = "Stopping after a few photos. Run the same command to resume."
    with stop_on_interrupt(notice) as stop, progress() as bar:
        count = Counter(bar, "photos")
        report = predict_to_csv(
            predictor, photos, csv, recursive=recursive, progress=count, stop=stop
        )
    before = f" ({report.before:,} before)" if report.before else ""
    out.print(
        f"{counted(report.photos, 'photo')}{before}, {counted(report.faces, 'face')}, "
        f"{report.failed:,} failed. "
        f"Written to {csv}."
    )
    _print_skipped(report.skipped, out)
    if report.stopped:
        out.print(_STOPPED)
    if report.failed:
        raise typer.Exit(1)


def _print_predictions(rows: list[dict[str, Any]]) -> None:
    from fer.emotions import with_symbol
    from fer.inference.answer import NO_FACE

    table = make_table("file", "face", "emotion", "probability", "box (x, y, width, height)")
    for row in rows:
        if not row["faces"] and not row["error"]:
            table.add_row(row["file"], "", NO_FACE)
        for number, face in enumerate(row["faces"], start=1):
            name = row["file"] if number == 1 else ""
            verdict = face["unreliable_because"] or with_symbol(face["emotion"])
            confidence = percent(face["confidence"]) if face["reliable"] else ""
            box = ", ".join(map(str, face["box"]))
            table.add_row(name, str(number), verdict, confidence, box)
    if table.rows:
        table.caption = f"Model: {rows[0]['model']}. Detector: {detector_name(rows[0]['detector'])}"
        out.print(table)
    for row in rows:
        if row["error"]:
            out.print(styled("error:", "red"), row["error"])
        elif row["note"]:
            out.print(styled("note:", "yellow"), f"{row['file']}: {row['note']}")


def _print_skipped(skipped: "Mapping[Path, str]", output: Output) -> None:
    if skipped:
        output.print(not_read({str(path): reason for path, reason in skipped.items()}))


def video(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A video file, a camera (camera:0), or an http, https, rtsp or rtsps address; "
            "with --engine ray a video, a folder of videos, or a pattern.",
        ),
    ],
    every: Annotated[int, typer.Option(min=1, help="Analyse every Nth frame.")] = 1,
    duration: Annotated[
        float | None, typer.Option(min=0.1, help="End after so many seconds of the video.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--out",
            help="CSV file; by default named after the source, with .csv added. With --engine ray "
            "a folder of Parquet files, a path or a URL.",
        ),
    ] = None,
    annotated: Annotated[
        Path | None,
        typer.Option(help="Also write this MP4 file, with the faces boxed, and its sound."),
    ] = None,
    model: ModelOption = None,
    detector: DetectorOption = "auto",
    form: FormOption = "auto",
    as_json: JsonOption = False,
    engine: EngineOption = "local",
    address: AddressOption = None,
) -> None:
    """Follow the faces through a video: a row for each person on each frame.

    The CSV file is written with --json, too. After Ctrl-C, the same command resumes. A damaged
    video is analysed as far as it can be read; the exit status is then 1.

    Of a camera or a stream the newest frame is analysed each time, and frames that come meanwhile
    are passed over. It ends with the stream, with --duration, or with Ctrl-C, which keeps what is
    done; each time begins a new file.
    """
    if is_on_ray(engine, address=address, out=target):
        if duration or annotated or as_json:
            raise ConfigError(
                "--engine ray writes Parquet. Leave out --duration, --annotated and --json."
            )
        videos_on_ray(
            source, str(target), model=model, detector=detector, form=form, address=address,
            every=every,
        )  # fmt: skip
        return
    from fer.inference.annotated_video import annotate, check_target
    from fer.inference.predictor import Predictor
    from fer.inference.video_csv import analyse_to_csv, frames_of
    from fer.inference.video_results import Origin
    from fer.inference.video_source import source_from

    video = source_from(source)
    csv = Path(target) if target else _results_of(video)
    if annotated and not isinstance(video, Path):
        raise VideoError(
            "--annotated reads the video a second time, which takes a file. Save the stream to a "
            "file first."
        )
    if annotated and isinstance(video, Path):
        check_target(annotated, source=video, results=csv)
    with quiet_imports():
        predictor = Predictor.load(model, detector=detector, form=form)
    notice = "Stopping after this frame. What is done is kept."
    with stop_on_interrupt(notice) as stop, progress() as bar:
        count = Counter(bar, "frames")
        report = analyse_to_csv(
            video, predictor, csv, every=every, until_s=duration, progress=count, stop=stop
        )
    origin = Origin.of(video.name, predictor, every=every)
    messages = err if as_json else out
    if as_json:
        for part in origin.json(frames_of(csv), problem=report.problem):
            typer.echo(part, nl=False)
    else:
        _print_report(report, csv)
        _print_people(origin.labels, frames_of(csv))
    if report.stopped and not report.is_live:
        again = "" if isinstance(video, Path) else f" with --out {csv}"
        messages.print(f"Stopped before the end. Run the same command{again} to resume.")
    elif annotated and isinstance(video, Path):
        with progress() as bar:
            count = Counter(bar, "frames drawn")
            annotate(video, csv, annotated, until_s=duration, progress=count)
        messages.print(f"Written to {annotated}.")
    if report.problem:
        what = "Ended early:" if report.is_live else "Damaged:"
        err.print(styled(what, "red"), f"{report.problem}.")
        raise typer.Exit(1)


def _results_of(source: "Path | Camera | Address") -> Path:
    """The CSV file beside a video; for a camera or an address a new one in this folder."""
    if isinstance(source, Path):
        return source.with_name(f"{source.name}.csv")
    name = re.sub(r"[^\w.]+", "-", source.name).strip("-")
    return Path(f"{name}-{datetime.now():%Y%m%d-%H%M%S}.csv")


def _print_report(report: "VideoReport", csv: Path) -> None:
    before = f" ({report.before:,} before)" if report.before else ""
    people = counted(report.people, "person", "people")
    out.print(
        f"{counted(report.frames, 'frame')}{before}, {people}, up to "
        f"{report.seconds:.1f} s. Written to {csv}."
    )
    if report.has_ended and not report.problem:
        out.print("The stream ended.")
    if report.passed_over:
        out.print(f"{counted(report.passed_over, 'frame')} passed over to keep up with the source.")


def _print_people(labels: "Sequence[str]", frames: "Iterable[FrameFaces]") -> None:
    """Each person's dominant emotion."""
    from fer.emotions import with_symbol
    from fer.inference.timeline import Timeline

    timeline = Timeline(labels)
    for frame in frames:
        timeline.add(frame.at_s, frame.faces)
    table = make_table("person", "seconds in view", "emotion", "of the time", "mean confidence")
    for person in timeline.summary():
        cells = [person["unreliable_because"], "", ""]
        if person["reliable"] == "true":
            shares = percent(person["share"]), percent(person["confidence"])
            cells = [with_symbol(person["emotion"]), *shares]
        table.add_row(str(person["person"]), f"{person['seconds']:.1f}", *cells)
    if table.rows:
        out.print(table)
    if timeline.dropped:
        out.print(f"{counted(timeline.dropped, 'more person', 'more people')} not listed.")
