"""Feeds inputs of one kind, and writes a line of JSON about each."""

import gc
import json
import os
import resource
import shutil
import sys
import time
import traceback
from pathlib import Path
from random import Random
from typing import Protocol

from fer.errors import FerError
from tests.fuzz.kinds import Kind, kind_named
from tests.fuzz.watch import Watch

LONGEST_MESSAGE = 1500
_OF_ONNX = ".ses"  # a mark that ONNX Runtime leaves once a machine


class Watching(Protocol):
    """What notes all that is done outside of a folder."""

    def take(self) -> list[str]:
        """What was noted since the last call."""


def feed(kind: Kind, name: str, seed: int, number: int, folder: Path, watch: Watching) -> str:
    """Feed the input of a number, and return what was wrong, or ""."""
    place = folder / "inputs" / str(number)
    place.mkdir(parents=True)
    temporary = Path(os.environ["TMPDIR"])
    before = {*temporary.iterdir()}
    watch.take()
    problem = ""
    try:
        kind.feed(Random(f"{seed} {name} {number}"), place)
    except FerError as error:
        if len(str(error)) > LONGEST_MESSAGE:
            problem = f"an error of {len(str(error)):,} characters: {str(error)[:500]}…"
        elif not str(error).strip():
            problem = f"{type(error).__name__} without a message"
    except Exception:  # noqa: BLE001 - all of these are what is looked for
        problem = traceback.format_exc(limit=-14)
    if outside := watch.take():
        problem += "\nOutside of the folder: " + "; ".join(outside[:5])
    if left := {one for one in temporary.iterdir() if one.name != _OF_ONNX} - before:
        problem += f"\nLeft among temporary files: {', '.join(one.name for one in left)[:200]}"
        for one in left:
            shutil.rmtree(one, ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)
    return problem.strip()


def main(name: str, seed: int, start: int, count: int, folder: Path) -> None:
    """Feed the inputs from `start` to before `count`; each line goes out before the next begins."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no line of ours
    kind = kind_named(name)(folder)
    watch = Watch(folder)
    print(json.dumps({"limit_s": kind.limit_s}), file=out)
    for number in range(start, count):
        began = time.monotonic()
        problem = feed(kind, name, seed, number, folder, watch)
        gc.collect()
        print(
            json.dumps(
                {
                    "number": number,
                    "seconds": time.monotonic() - began,
                    "megabytes": _megabytes(),
                    "most_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
                    "problem": problem,
                }
            ),
            file=out,
        )


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]), Path(sys.argv[5]))
    os._exit(0)  # threads of libraries are of no interest any more
