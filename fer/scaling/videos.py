"""Videos on Ray: all workers analyse pieces of them, which are joined video by video.

A video has one Parquet file of rows, whose name follows from the video's name and content. Pieces
are files of their own until their video is done, so that what was stopped is resumed.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fer.progress import Progress
from fer.scaling.cluster import cluster, results_of
from fer.scaling.results import ResultFolder
from fer.scaling.setup import Setup
from fer.scaling.video_files import name_of, videos_in
from fer.scaling.video_pieces import LEAST
from fer.scaling.video_workers import PIECES, Analyst, Job, join, plan


@dataclass(kw_only=True)
class VideosReport:
    """What became of the videos.

    Attributes:
        before: Videos whose rows were there already.
        videos: Videos analysed now.
        problems: By name, why a video was not analysed, or not all of it.
        stopped: Whether videos are left.
    """

    before: int = 0
    videos: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    stopped: bool = False


def videos_to_parquet(
    setup: Setup,
    source: str,
    out: str,
    *,
    every: int = 1,
    least: int = LEAST,
    address: str | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> VideosReport:
    """Analyse videos on Ray into a folder of Parquet files, and resume what is there.

    The rows are those of `fer.inference.video_csv.analyse_to_csv`, also where a video was cut.

    Args:
        setup: The model and the detector.
        source: A video, a folder or a pattern, which every machine of the cluster sees.
        out: The folder, a path or a URL, which all machines see.
        every: Analyse every Nth frame.
        least: Fewest analysed frames of a piece.
        address: As `cluster` takes it.
        progress: Called with pieces done and pieces planned.
        stop: Once set, the work ends; pieces that are not finished are lost.

    Raises:
        VideoError: If there are no videos.
        DetectorError: If the setup has no detector.
        ResultsError: If the folder holds something else, or the results of another model.
        ScalingError: If no cluster answers.
    """
    urls = videos_in(source)
    if setup.detector == "none":
        _ = setup.load().detector
    folder, report = ResultFolder(out), VideosReport()
    origin = {**setup.names, "labels": list(setup.labels), "every": every}
    with folder.claimed(origin), cluster(address):
        import ray

        job = Job(setup=setup, out=folder.url, every=every, least=least)
        plans = ray.get([ray.remote(plan).remote(url, job) for url in urls])
        for video in plans:
            report.before += video["is_done"]
            if video["problem"]:
                report.problems[name_of(video["url"])] = video["problem"]
        videos = {one["key"]: one for one in plans if not one["problem"] and not one["is_done"]}
        uncut = _cut_videos(videos, job, report, progress, stop)
        if not report.stopped:
            _whole_videos(uncut, job, report, progress, stop)
        if not report.stopped:
            folder.remove(PIECES)
    return report


def _results(work: Sequence[dict[str, str]], job: Job) -> Iterator[dict[str, Any]]:
    """What the workers give back, in the order in which they finish."""
    import ray.data

    if work:
        blocks = ray.data.from_items(list(work), override_num_blocks=len(work))
        yield from results_of(blocks, len(work), Analyst, job)


def _cut_videos(
    videos: dict[str, dict[str, Any]],
    job: Job,
    report: VideosReport,
    progress: Progress | None,
    stop: threading.Event | None,
) -> list[dict[str, Any]]:
    """Analyse and join the pieces of videos; gives those that must be analysed as a whole."""
    import ray

    uncut = [video for video in videos.values() if not video["pieces"]]
    work = [
        {"url": video["url"], "key": key, "piece": json.dumps(piece)}
        for key, video in videos.items()
        for piece in video["pieces"]
    ]
    left = {key: len(video["pieces"]) for key, video in videos.items()}
    good = dict.fromkeys(videos, True)
    joins = []
    for done, result in enumerate(_results(work, job), start=1):
        key = result["key"]
        left[key] -= 1
        good[key] &= result["is_good"]
        if progress:
            progress(done, len(work) + len(uncut))
        if left[key] == 0 and good[key]:
            video = videos[key]
            firsts = [piece["first"] for piece in video["pieces"]]
            joins.append(
                (video, ray.remote(num_cpus=0)(join).remote(video["url"], key, firsts, job))
            )
        elif left[key] == 0:
            uncut.append(videos[key])
        if stop is not None and stop.is_set() and done < len(work):
            report.stopped = True
            break
    for video, reason in joins:
        if ray.get(reason):
            uncut.append(video)
        else:
            report.videos += 1
    return uncut


def _whole_videos(
    videos: Sequence[dict[str, Any]],
    job: Job,
    report: VideosReport,
    progress: Progress | None,
    stop: threading.Event | None,
) -> None:
    """Analyse videos that cannot be cut, each by one worker."""
    work = [{"url": video["url"], "key": video["key"], "piece": ""} for video in videos]
    names = {video["key"]: name_of(video["url"]) for video in videos}
    for done, result in enumerate(_results(work, job), start=1):
        report.videos += result["is_good"]
        if result["problem"]:
            report.problems[names[result["key"]]] = result["problem"]
        if progress:
            progress(done, len(work))
        if stop is not None and stop.is_set() and done < len(work):
            report.stopped = True
            break
