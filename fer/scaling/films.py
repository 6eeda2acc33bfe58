"""Films on Ray: all workers analyse pieces of them, which are joined film by film.

A film has one Parquet file of rows, whose name follows from the film's name and content. Pieces are
files of their own until their film is done, so that what was stopped is resumed.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fer.progress import Progress
from fer.scaling.cluster import cluster, results_of
from fer.scaling.film_files import films_in, name_of
from fer.scaling.film_pieces import LEAST
from fer.scaling.film_workers import PIECES, Analyst, Job, join, plan
from fer.scaling.results import ResultFolder
from fer.scaling.setup import Setup


@dataclass(kw_only=True)
class FilmsReport:
    """What became of the films.

    Attributes:
        before: Films whose rows were there already.
        films: Films analysed now.
        problems: By name, why a film was not analysed, or not all of it.
        stopped: Whether films are left.
    """

    before: int = 0
    films: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    stopped: bool = False


def films_to_parquet(
    setup: Setup,
    source: str,
    out: str,
    *,
    every: int = 1,
    least: int = LEAST,
    address: str | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> FilmsReport:
    """Analyse films on Ray into a folder of Parquet files, and resume what is there.

    The rows are those of `fer.inference.video_csv.analyse_to_csv`, also where a film was cut.

    Args:
        setup: The model and the detector.
        source: A film, a folder or a pattern, which every machine of the cluster sees.
        out: The folder, a path or a URL, which all machines see.
        every: Analyse every Nth frame.
        least: Fewest analysed frames of a piece.
        address: As `cluster` takes it.
        progress: Called with pieces done and pieces planned.
        stop: Once set, the work ends; pieces that are not finished are lost.

    Raises:
        VideoError: If there are no films.
        DetectorError: If the setup has no detector.
        ResultsError: If the folder holds something else, or the results of another model.
        ScalingError: If no cluster answers.
    """
    urls = films_in(source)
    if setup.detector == "none":
        _ = setup.load().detector
    folder, report = ResultFolder(out), FilmsReport()
    origin = {**setup.names, "labels": list(setup.labels), "every": every}
    with folder.claimed(origin), cluster(address):
        import ray

        job = Job(setup=setup, out=folder.url, every=every, least=least)
        plans = ray.get([ray.remote(plan).remote(url, job) for url in urls])
        for film in plans:
            report.before += film["is_done"]
            if film["problem"]:
                report.problems[name_of(film["url"])] = film["problem"]
        films = {one["key"]: one for one in plans if not one["problem"] and not one["is_done"]}
        uncut = _cut_films(films, job, report, progress, stop)
        if not report.stopped:
            _whole_films(uncut, job, report, progress, stop)
        if not report.stopped:
            folder.remove(PIECES)
    return report


def _results(work: Sequence[dict[str, str]], job: Job) -> Iterator[dict[str, Any]]:
    """What the workers give back, in the order in which they finish."""
    import ray.data

    if work:
        blocks = ray.data.from_items(list(work), override_num_blocks=len(work))
        yield from results_of(blocks, len(work), Analyst, job)


def _cut_films(
    films: dict[str, dict[str, Any]],
    job: Job,
    report: FilmsReport,
    progress: Progress | None,
    stop: threading.Event | None,
) -> list[dict[str, Any]]:
    """Analyse and join the pieces of films; gives those that must be analysed as a whole."""
    import ray

    uncut = [film for film in films.values() if not film["pieces"]]
    work = [
        {"url": film["url"], "key": key, "piece": json.dumps(piece)}
        for key, film in films.items()
        for piece in film["pieces"]
    ]
    left = {key: len(film["pieces"]) for key, film in films.items()}
    good = dict.fromkeys(films, True)
    joins = []
    for done, result in enumerate(_results(work, job), start=1):
        key = result["key"]
        left[key] -= 1
        good[key] &= result["is_good"]
        if progress:
            progress(done, len(work) + len(uncut))
        if left[key] == 0 and good[key]:
            film = films[key]
            firsts = [piece["first"] for piece in film["pieces"]]
            joins.append((film, ray.remote(num_cpus=0)(join).remote(film["url"], key, firsts, job)))
        elif left[key] == 0:
            uncut.append(films[key])
        if stop is not None and stop.is_set() and done < len(work):
            report.stopped = True
            break
    for film, reason in joins:
        if ray.get(reason):
            uncut.append(film)
        else:
            report.films += 1
    return uncut


def _whole_films(
    films: Sequence[dict[str, Any]],
    job: Job,
    report: FilmsReport,
    progress: Progress | None,
    stop: threading.Event | None,
) -> None:
    """Analyse films that cannot be cut, each by one worker."""
    work = [{"url": film["url"], "key": film["key"], "piece": ""} for film in films]
    names = {film["key"]: name_of(film["url"]) for film in films}
    for done, result in enumerate(_results(work, job), start=1):
        report.films += result["is_good"]
        if result["problem"]:
            report.problems[names[result["key"]]] = result["problem"]
        if progress:
            progress(done, len(work))
        if stop is not None and stop.is_set() and done < len(work):
            report.stopped = True
            break
