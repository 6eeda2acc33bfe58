"""Photos on Ray: its overhead, two workers over one, the driver's memory, and resumed work.

- overhead: photos of 640×480 a second on all cores with Ray over `predict_many` (aim: at least
  0.83, 20% more time), from the first piece on; what starting takes stands beside it;
- speed-up: the same with two workers over one (aim: 1.7 on two cores), each with one thread for
  OpenCV and LiteRT;
- memory: of the driver at ten thousand rows and at a hundred thousand, with `--million` at a
  million (aim: flat), each in a process of its own; they are ready faces in a table, which cost
  workers little: what the driver keeps is the same;
- resumed work: photos a second that are read and passed over because they have their rows, over
  those that are predicted, and the photos that a kill loses: at most a piece for each worker.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import ray
from bench_predict import jpeg, photo, seconds

from fer.data.synthetic import draw_face
from fer.emotions import FER2013
from fer.inference.predictor import Predictor
from fer.scaling.photos import predict_to_parquet
from fer.scaling.setup import Setup
from fer.scaling.sources import LEAST

PHOTOS = 3000
PART = 50
"""Photos of a piece where rates are measured, so that the last ones do not wait for each other."""

GROUP = 1000
"""Rows of a table that are read together."""


def start(cores: int) -> float:
    """Ray on this machine, with so many workers; the seconds that it takes."""
    ray.shutdown()
    before = time.perf_counter()
    ray.init(
        "local",
        num_cpus=cores,
        include_dashboard=False,
        log_to_driver=False,
        _system_config={"worker_niceness": 0},  # or they give way to others, unlike threads
    )
    return time.perf_counter() - before


def own_mb() -> float:
    """This process's own memory, without the part of Ray's store that it has touched."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1e3


def rate(setup: Setup, source: Path, out: Path, size: int | None = PART) -> tuple[float, float]:
    """Photos a second from the first piece on, and the seconds until then."""
    begun, times = time.perf_counter(), list[tuple[float, int]]()

    def note(done: int, planned: int) -> None:
        times.append((time.perf_counter(), done))

    predict_to_parquet(setup, [str(source)], str(out), size=size, progress=note)
    (first_at, first), (last_at, last) = times[0], times[-1]
    return (last - first) / (last_at - first_at), first_at - begun


def throughput(folder: Path) -> None:
    """Ray beside threads, two workers beside one, and photos that are done."""
    setup = Setup.of("ferplus")
    pictures = folder / "photos"
    pictures.mkdir()
    for number in range(PHOTOS):
        (pictures / f"{number}.jpg").write_bytes(jpeg(photo(640, 480, number / PHOTOS)))
    predictor = Predictor.load("ferplus", detector=setup.detector)
    paths = sorted(pictures.iterdir())
    list(predictor.predict_many(paths[:100]))
    threads = PHOTOS / seconds(predictor.predict_many(paths))
    started_s = start(2)
    two, waited_s = rate(setup, pictures, folder / "two")
    passed, _ = rate(setup, pictures, folder / "two", size=None)
    start(1)
    one, _ = rate(setup, pictures, folder / "one")
    threads_again = PHOTOS / seconds(predictor.predict_many(paths))
    threads = (threads + threads_again) / 2
    print(
        f"{PHOTOS:,} photos, {setup.detector}: {two:.0f}/s on Ray, {threads:.0f}/s in threads, "
        f"{two / threads:.2f} (at least 0.83); Ray takes {started_s:.0f} s to start and "
        f"{waited_s:.0f} s to the first piece"
    )
    print(f"two workers: {two:.0f}/s, one: {one:.0f}/s, {two / one:.2f} (aim: 1.7)")
    print(
        f"done already: {passed:.0f}/s, {two / passed:.1%} of the work again; a kill loses at most "
        f"{LEAST} photos a worker"
    )


def memory(folder: Path, rows: int) -> None:
    """The driver's size before the work, and the largest during it."""
    setup = Setup.of("ferplus", detector="none")
    start(2)
    table = folder / f"{rows}.parquet"
    faces = [png(draw_face(FER2013[seed % 7], seed=seed, size=48)) for seed in range(GROUP)]
    schema = pa.schema([("path", pa.string()), ("image", pa.binary())])
    with pq.ParquetWriter(table, schema) as writer:
        for first in range(0, rows, GROUP):
            names = [f"{row}.png" for row in range(first, first + GROUP)]
            writer.write_table(pa.table([names, faces], schema=schema))
    peak = [own_mb()]
    begun = time.perf_counter()
    report = predict_to_parquet(
        setup,
        [str(table)],
        str(folder / f"out{rows}"),
        progress=lambda done, planned: peak.append(own_mb()),
    )
    size = sum(file.stat().st_size for file in (folder / f"out{rows}").iterdir())
    print(
        f"{report.photos:,} rows, {report.failed} failed: driver {max(peak):.0f} MB "
        f"({max(peak) - peak[0]:+.0f} MB), {rows / (time.perf_counter() - begun):.0f}/s, "
        f"{size / rows:.0f} bytes a row",
        flush=True,
    )


def png(face: np.ndarray) -> bytes:
    """The face as a file."""
    return bytes(cv2.imencode(".png", face)[1])


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        if "--rows" in sys.argv:
            memory(Path(folder), int(sys.argv[-1]))
            ray.shutdown()
            return
        throughput(Path(folder))
    ray.shutdown()
    for rows in (10_000, 100_000, 1_000_000)[: 3 if "--million" in sys.argv else 2]:
        subprocess.run([sys.executable, __file__, "--rows", str(rows)], check=True)


if __name__ == "__main__":
    main()
