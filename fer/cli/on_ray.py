"""What `predict`, `video` and `evaluate` do with `--engine ray`."""

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer.cli.terminal import Counter, out, progress, quiet_imports, stop_on_interrupt
from fer.errors import ConfigError
from fer.wording import counted, not_read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from rich.progress import Progress

    from fer.scaling.setup import Setup

_NOTICE = "Stopping. Run the same command to resume."
_STOPPED = "Stopped before the end. Run the same command to resume."

ENGINES = ("local", "ray")

EngineOption = Annotated[
    str,
    typer.Option(help="local, or ray: all cores of this machine as workers, or a Ray cluster."),
]
AddressOption = Annotated[
    str | None,
    typer.Option(help="With --engine ray: the cluster's HOST:PORT, or auto.", show_default="none"),
]
OutOption = Annotated[
    str | None,
    typer.Option("--out", help="With --engine ray: folder of Parquet files, a path or a URL."),
]


def is_on_ray(
    engine: str,
    *,
    address: str | None,
    out: str | None,
    others_have_out: bool = True,
    needs_out: bool = True,
) -> bool:
    """Whether the work runs on Ray.

    Args:
        engine: As it was given.
        address: Likewise.
        out: Likewise.
        others_have_out: Whether --out has a meaning without Ray, too.
        needs_out: Whether the work on Ray writes a folder.

    Raises:
        ConfigError: If there is no such engine, or an option belongs to the other one.
    """
    if engine not in ENGINES:
        raise ConfigError(f"Unknown engine '{engine}'. Known: {', '.join(ENGINES)}.")
    if engine == "ray":
        if needs_out and out is None:
            raise ConfigError("--engine ray writes a folder of results. Name it with --out.")
        if out is not None and not needs_out:
            raise ConfigError("Without --photos, --engine ray writes no folder. Leave out --out.")
        return True
    if address or (out and not others_have_out):
        option = "--address" if address else "--out"
        raise ConfigError(f"{option} is for --engine ray. Add that, or leave it out.")
    return False


@contextmanager
def _connected(
    model: str | None, detector: str, form: str, address: str | None
) -> "Iterator[tuple[Setup, Event, Progress]]":
    """Load the model and connect to Ray, quietly; Ctrl-C stops the work, which a bar shows."""
    from fer import settings
    from fer.scaling.cluster import cluster
    from fer.scaling.setup import Setup

    with ExitStack() as opened:
        with quiet_imports():
            setup = Setup.of(model or settings.default_model(), detector=detector, form=form)
            opened.enter_context(cluster(address))
        stop = opened.enter_context(stop_on_interrupt(_NOTICE))
        yield setup, stop, opened.enter_context(progress())


def predict_on_ray(
    sources: list[str],
    folder: str,
    *,
    model: str | None,
    detector: str,
    form: str,
    address: str | None,
    recursive: bool,
) -> None:
    """Predict photos into a folder of Parquet files, and print the counts."""
    from fer.scaling.photos import predict_to_parquet

    with _connected(model, detector, form, address) as (setup, stop, bar):
        report = predict_to_parquet(
            setup,
            sources,
            folder,
            recursive=recursive,
            progress=Counter(bar, "photos"),
            stop=stop,
        )
    before = f" ({report.before:,} before)" if report.before else ""
    out.print(
        f"{counted(report.photos, 'photo')}{before}, {counted(report.faces, 'face')}, "
        f"{report.failed:,} failed. Written to {folder}."
    )
    if report.skipped:
        out.print(not_read(report.skipped))
    if report.stopped:
        out.print(_STOPPED)
    if report.failed:
        raise typer.Exit(1)


def videos_on_ray(
    source: str,
    folder: str,
    *,
    model: str | None,
    detector: str,
    form: str,
    address: str | None,
    every: int,
) -> None:
    """Analyse videos into a folder of Parquet files, and print the counts."""
    from fer.scaling.videos import videos_to_parquet

    with _connected(model, detector, form, address) as (setup, stop, bar):
        report = videos_to_parquet(
            setup, source, folder, every=every, progress=Counter(bar, "pieces"), stop=stop
        )
    before = f" ({report.before:,} before)" if report.before else ""
    out.print(f"{counted(report.videos, 'video')}{before}. Written to {folder}.")
    for name, problem in report.problems.items():
        out.print(f"{name}: {problem}")
    if report.stopped:
        out.print(_STOPPED)
    if report.problems:
        raise typer.Exit(1)


def photos_on_ray(
    model: str, source: str, folder: str, *, detector: str, form: str, address: str | None
) -> dict[str, Any] | None:
    """The figures of a model on labelled photos; None, with a message, if it was stopped."""
    from fer.scaling.evaluation import evaluate_photos

    with _connected(model, detector, form, address) as (setup, stop, bar):
        figures = evaluate_photos(setup, source, folder, progress=Counter(bar, "photos"), stop=stop)
    if figures is None:
        out.print(_STOPPED)
    return figures


def faces_on_ray(
    model: str, dataset: str, *, form: str, address: str | None, compare: str | None, **options: Any
) -> dict[str, Any]:
    """The figures of a model on a data set; `options` are those of `fer.api.evaluate`."""
    from fer import api
    from fer.scaling.cluster import cluster
    from fer.scaling.faces import RayModel

    with ExitStack() as opened:
        with quiet_imports():
            loaded = RayModel.load(model, form=form)
            second = RayModel.load(compare) if compare else None
            opened.enter_context(cluster(address))
        bar = opened.enter_context(progress())
        count = Counter(bar, "faces")
        return api.evaluate(loaded, dataset, compare=second, progress=count, **options)
