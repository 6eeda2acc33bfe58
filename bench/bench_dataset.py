"""How fast a data set is read, opened again and filtered, and how that grows.

- first ingest of FER-2013's JPEGs (where `FER_DATA` or ../shared/data has them): faces/s over
  those of a plain single-process Pillow loop that only decodes the same files (at least 1.5);
- opening it again, in one process (under 0.3 s);
- 10 thousand, 100 thousand and a million generated faces: seconds and peak memory to build the
  index, to open it, and to read every face in batches (`--growth`; each in a process of its own).
"""

import argparse
import json
import os
import resource
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
from fer.data.readers import Listing
from fer.data.store import Shape, open_stored
from fer.emotions import FER2013

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 2


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--growth", action="store_true", help="up to a million faces, minutes")
    options.add_argument("--one", type=int, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        print(json.dumps(grow(chosen.one)))
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
    loop, ingest = statistics.median(plain), statistics.median(ours)
    print(
        f"first ingest of {len(files):,} JPEGs: {ingest:.1f} s, {loop / ingest:.2f} times as fast "
        f"as a Pillow loop ({loop:.1f} s; at least 1.5)"
    )
    print(f"opening it again: {statistics.median(again):.2f} s (under 0.3)")


def growth() -> None:
    """Time and memory by the number of faces."""
    print("faces       build s   open s   read s   MB: before, opened, read; peak of the build")
    for count in SIZES:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(count)],
            check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."},
        )  # fmt: skip
        row = json.loads(done.stdout)
        print(
            f"{count:<10,} {row['build_s']:8.1f} {row['open_s']:8.2f} {row['read_s']:8.2f}   "
            f"{row['before_mb']:.0f}, {row['opened_mb']:.0f}, {row['read_mb']:.0f}; "
            f"{row['peak_mb']:.0f}"
        )


def grow(count: int) -> dict[str, float]:
    """Build, open and read a data set of generated faces whose pixels lie in no file."""
    shape = Shape(height=48, width=48, channels=1)
    with tempfile.TemporaryDirectory() as home:
        reader = GeneratedReader(count)
        before = _anonymous_mb()
        start = time.perf_counter()
        open_stored(Path(home), reader, shape)
        build_s = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        start = time.perf_counter()
        stored = open_stored(Path(home), reader, shape)
        open_s = time.perf_counter() - start
        opened = _anonymous_mb()
        start = time.perf_counter()
        for first in range(0, count, 4096):
            stored.pixels[first : first + 4096].mean()
        read_s = time.perf_counter() - start
        return {
            "before_mb": before, "build_s": build_s, "open_s": open_s, "read_s": read_s,
            "opened_mb": opened, "read_mb": _anonymous_mb(), "peak_mb": peak,
        }  # fmt: skip


class GeneratedReader:
    """Random faces of the size of FER-2013's, made when they are asked for.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._noise = np.random.default_rng(0).integers(0, 256, 48 * 48 + 4096, dtype=np.uint8)

    def signature(self) -> str:
        """One for each count."""
        return f"generated{self._count}"

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
        return Listing(recognised="generated", table=table, left_out=(), load=self._load)

    def _load(self, row: int) -> np.ndarray:
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
