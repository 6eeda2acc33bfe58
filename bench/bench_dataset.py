"""Measure how fast a data set is read, opened again and filtered, and how that scales.

- first ingest of FER-2013's JPEGs (where `FER_DATA` names their folder): faces/s over those of a
  plain Pillow loop that only decodes the same files (1.2 to 1.5), each the best of some rounds;
- opening it again, in one process (under 0.3 s);
- the slowest filter and order of its 32 thousand faces (under 0.3 s);
- 10 thousand, 100 thousand and a million generated faces without files: seconds and memory to build
  the index, to open it, and to read every face in batches (`--growth`, on Linux; each in a process
  of its own).

Measured on two shared cores; the memory is the index's, as the pixels are mapped:

    faces       build s   open s   read s   MB in use: build, open, read
    10,000          2.5     0.03     0.02   43, 17, 17
    100,000        10.5     0.34     0.16   132, 61, 61
    1,000,000     115.5     2.12     4.77   389, 263, 263
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

import fer
from fer.data import Dataset
from fer.data.audit import FINDINGS, audit
from fer.data.query import ANNOTATED, OPINIONS, SORTS, Query, rows
from fer.data.readers import Listing, Reader
from fer.data.store import open_stored
from fer.emotions import FER2013

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 4


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--growth", action="store_true", help="up to a million faces, minutes")
    options.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        print(json.dumps(grow(int(chosen.one[0]), Path(chosen.one[1]))))
        return
    if folder := os.environ.get("FER_DATA"):
        real(Path(folder))
    else:
        print("FER_DATA is not set: nothing measured on FER-2013")
    if chosen.growth:
        growth()


def real(folder: Path) -> None:
    """FER-2013, in turn with the plain loop so that a noisy machine hits both alike."""
    files = sorted(folder.rglob("*.jpg"))
    plain, ours = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for file in files:
            np.asarray(Image.open(file))
        plain.append(time.perf_counter() - start)
        with tempfile.TemporaryDirectory() as home:
            os.environ["FER_HOME"] = home
            start = time.perf_counter()
            fer.load_dataset(folder)
            ours.append(time.perf_counter() - start)
            again = []
            for _ in range(5):
                start = time.perf_counter()
                fer.load_dataset(folder)
                again.append(time.perf_counter() - start)
    loop, ingest = min(plain), min(ours)
    print(
        f"first ingest of {len(files):,} JPEGs: {ingest:.1f} s, {loop / ingest:.2f} times as fast "
        f"as a Pillow loop ({loop:.1f} s; 1.2 to 1.5)"
    )
    print(f"opening it again: {statistics.median(again):.2f} s (under 0.3)")
    filters(fer.load_dataset(folder, validation_fraction=0))


def filters(dataset: Dataset) -> None:
    """The slowest of what the page's filters and orders can ask for."""
    report = audit(dataset)
    asked = [
        *(Query(finding=finding) for finding in (*FINDINGS, *ANNOTATED)),
        *(Query(opinion=opinion) for opinion in OPINIONS),
        *(Query(text="publictest", sort=sort) for sort in SORTS),
        *(Query(splits=("train",), labels=(label,)) for label in dataset.labels),
    ]
    seconds = {}
    for query in asked:
        start = time.perf_counter()
        rows(dataset, report, query)
        seconds[query] = time.perf_counter() - start
    slowest = max(seconds, key=seconds.__getitem__)
    print(f"the slowest filter: {seconds[slowest]:.3f} s (under 0.3), {slowest}")


def growth() -> None:
    """Time and memory by the number of faces."""
    print("faces       build s   open s   read s   MB in use: build, open, read")
    for count in SIZES:
        with tempfile.TemporaryDirectory() as home:
            command = [sys.executable, __file__, "--one", str(count), home]
            built, opened = (
                json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
                for _ in range(2)  # the second finds what the first has built
            )
        print(
            f"{count:<10,} {built['open_s']:8.1f} {opened['open_s']:8.2f} {opened['read_s']:8.2f}  "
            f" {built['open_mb']:.0f}, {opened['open_mb']:.0f}, {opened['read_mb']:.0f}",
            flush=True,
        )


def grow(count: int, home: Path) -> dict[str, float]:
    """Open, or build where it is not there, a data set of generated faces; then read it all."""
    before_mb = _anonymous_mb()
    start = time.perf_counter()
    stored = open_stored(home, GeneratedFaces(count).reader, (48, 48, 1), progress=_Peak())
    open_s, open_mb = time.perf_counter() - start, max(_anonymous_mb(), _Peak.mb) - before_mb
    start = time.perf_counter()
    for first in range(0, count, 4096):
        stored.pixels[first : first + 4096].mean()
    read_s = time.perf_counter() - start
    return {
        "open_s": open_s, "open_mb": open_mb, "read_s": read_s,
        "read_mb": _anonymous_mb() - before_mb,
    }  # fmt: skip


class _Peak:
    """The most memory in use at any report of progress."""

    mb = 0.0

    def __call__(self, done: int, planned: int) -> None:
        _Peak.mb = max(_Peak.mb, _anonymous_mb())


class GeneratedFaces:
    """Random faces of the size of FER-2013's, made when they are asked for.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self.reader = Reader(f"generated{count}", self.listing)
        self._noise = np.random.default_rng(0).integers(0, 256, 48 * 48 + 4096, dtype=np.uint8)

    def listing(self) -> Listing:
        """Columns as any reader gives them."""
        numbers = np.arange(self._count)
        table = pd.DataFrame(
            {
                "path": [f"train/happy/generated_{number:07d}.png" for number in numbers],
                "label": np.array(FER2013)[numbers % len(FER2013)],
                "split": np.array(["train", "test"])[(numbers % 5 == 0).astype(int)],
                "subject": "",
                "stamp": "generated",
            }
        )
        return Listing(source_format="generated", table=table, skipped=(), image=self._image)

    def _image(self, row: int) -> np.ndarray:
        face = self._noise[row % 4096 :][: 48 * 48].reshape(48, 48).copy()
        face[0, :4] = np.frombuffer(row.to_bytes(4), np.uint8)
        return face


def _anonymous_mb() -> float:
    """Memory of this process that is not a mapped file."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return float("nan")


if __name__ == "__main__":
    main()
