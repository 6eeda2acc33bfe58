"""Feed damaged and hostile inputs of every kind: `python -m tests.fuzz`.

Each input is made from the seed, its kind and its number alone, so that a fault is seen again with
`--kinds KIND --only NUMBER`. Of each it is asked that it ends in time, in a FerError or well; that
nothing is written outside of the folder given, and nothing connected to; and of all together that
memory does not grow.
"""

import argparse
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.kinds import KINDS

STARTS_WITHIN_S = 120.0
MOST_GROWTH_MB = 200.0
"""Between the first fifth of the inputs, which fills caches, and the last one."""
MOST_MEMORY_MB = 4000.0


@dataclass
class Result:
    """What came of the inputs of one kind."""

    faults: dict[int, str] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    megabytes: list[list[float]] = field(default_factory=list)
    most_megabytes: float = 0.0

    @property
    def growth_mb(self) -> float:
        """The growth of the longest-lived process after its first fifth."""
        longest = max(self.megabytes, key=len, default=[])
        return longest[-1] - longest[len(longest) // 5] if len(longest) > 50 else 0.0

    @property
    def is_bad(self) -> bool:
        """Whether anything was wrong."""
        is_large = self.most_megabytes > MOST_MEMORY_MB
        return bool(self.faults) or is_large or self.growth_mb > MOST_GROWTH_MB

    def in_words(self) -> str:
        """Faults, times and memory."""
        times = [(seconds, number) for number, seconds in self.seconds.items()]
        slowest, at = max(times, default=(0.0, 0))
        return (
            f"{len(self.faults)} faults; {sum(self.seconds.values()):.0f} s, the slowest "
            f"{slowest:.2f} s (number {at}); memory {self.growth_mb:+.0f} MB, at most "
            f"{self.most_megabytes:.0f} MB"
        )


def run(name: str, seed: int, start: int, count: int) -> Result:
    """Feed the inputs of one kind, in a new process after each that died or was killed."""
    result = Result()
    while start < count:
        with tempfile.TemporaryDirectory(prefix="fer-fuzz-", ignore_cleanup_errors=True) as place:
            start = _run_process(name, seed, start, count, Path(place), result)
    return result


def _run_process(name: str, seed: int, start: int, count: int, folder: Path, result: Result) -> int:
    """Feed inputs until one kills the process; returns the number of the next one."""
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.worker",
        name,
        *map(str, (seed, start, count, folder)),
    ]
    with (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, env=_environment(folder), text=True
        )
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_pass_on, args=(process, lines), daemon=True).start()
    limit_s = STARTS_WITHIN_S
    result.megabytes.append([])
    number = start
    try:
        while number < count:
            line = lines.get(timeout=limit_s)
            if not line:
                tail = (folder / "errors.txt").read_text(errors="replace")[-1500:]
                result.faults[number] = f"The process died ({process.wait()}).\n{tail}"
                return number + 1
            row = json.loads(line)
            if "limit_s" in row:
                limit_s = row["limit_s"]
                continue
            if row["problem"]:
                result.faults[row["number"]] = row["problem"]
            result.seconds[row["number"]] = row["seconds"]
            result.megabytes[-1].append(row["megabytes"])
            result.most_megabytes = max(result.most_megabytes, row["most_megabytes"])
            number = row["number"] + 1
    except queue.Empty:
        result.faults[number] = f"It did not end within {limit_s:g} s."
        return number + 1
    finally:
        process.kill()
        process.wait()
    return number


def _pass_on(process: "subprocess.Popen[str]", lines: "queue.Queue[str]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put("")


def _environment(folder: Path) -> dict[str, str]:
    made = {name: folder / name.lower() for name in ("HOME", "TMPDIR", "FER_HOME", "FER_RUNS")}
    for path in made.values():
        path.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FER_")}
    return kept | {name: str(path) for name, path in made.items()} | {
        "FER_MODELS": str(folder / "models"), "FER_DATA_ROOTS": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "",
        "KERAS_HOME": str(folder / "keras"), "MPLCONFIGDIR": str(folder / "mpl"),
    }  # fmt: skip


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--kinds", default=",".join(KINDS), help=f"of {', '.join(KINDS)}")
    parser.add_argument("--count", type=int, default=1000, help="inputs of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="the number of one input")
    given = parser.parse_args()
    failed = False
    for name in given.kinds.split(","):
        start, count = (0, given.count) if given.only is None else (given.only, given.only + 1)
        result = run(name, given.seed, start, count)
        print(f"{name}: {count - start:,} inputs, {result.in_words()}", flush=True)
        for number, problem in result.faults.items():
            print(f"--- {name} {number}\n{problem}", flush=True)
        failed |= result.is_bad
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
