"""What SIGKILL costs a training: `fer train --detach`, killed at random moments and resumed.

    PYTHONPATH=. python bench/measure_kills.py [DATASET] [--kills 20] [--epochs 12] [--preset quick]

One run is left alone. Another is killed and resumed again and again; if it ends before it has been
killed often enough, a further one takes its place. It checks that a killed run reads as crashed,
that no finished epoch is lost, and that history and weights equal those of the run left alone.
Needs Linux: /proc shows which process works in a folder.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fer import models, runs
from fer.runs.metrics import read_metrics
from fer.runs.run import Run

ENDED = ("finished", "failed", "stopped")


def main() -> None:
    """Kill, resume, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", nargs="?", default="synthetic")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FER_RUNS"] = folder
        options = (asked.dataset, "--preset", asked.preset, "--epochs", asked.epochs)
        started = time.monotonic()
        whole = start(*options)
        wait(whole, *ENDED)
        life_s = time.monotonic() - started
        assert whole.status()["state"] == "finished", whole.status()
        kills, draw = 0, random.Random(asked.seed)
        while kills < asked.kills:
            cut = start(*options)
            while kills < asked.kills and killed(cut, draw.uniform(0, life_s / 2)):
                kills += 1
                print(f"kill {kills}: {progress(cut)}", flush=True)
                resume(cut)
            wait(cut, *ENDED)
            compare(whole, cut)
    print(f"{kills} kills: no finished epoch lost, every run ended like the one left alone")


def start(*options: object) -> Run:
    """A detached training of the command line."""
    fer("train", *options, "--detach")
    return runs.list_runs()[0]


def killed(run: Run, after_s: float) -> bool:
    """Kill the worker after so long; False if the run has ended by then."""
    time.sleep(after_s)
    if run.status()["state"] in ENDED:
        return False
    while not (pids := workers(run.folder.parent)):
        time.sleep(0.01)  # it is only being started
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    while run.is_held():
        time.sleep(0.01)  # the system releases a dead process's locks last
    state = run.status()["state"]
    assert state in ("crashed", "queued", "finished"), state
    return state != "finished"


def workers(folder: Path) -> list[int]:
    """Processes that work in this folder of runs."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            at_work = (process / "cwd").resolve(strict=True) == folder.resolve()
        except OSError:
            continue
        if at_work and process.name != str(os.getpid()):
            found.append(int(process.name))
    return found


def progress(run: Run) -> str:
    """How far the killed run had come."""
    status = run.stored_status()
    step = f"step {status.get('batch', 0)} of {status.get('batches', '?')}"
    done = len(read_metrics(run.folder)[1])
    return f"{status['state']}, epoch {status.get('epoch', 0)}, {step}, {done} epochs finished"


def resume(run: Run) -> None:
    """Resume, and check that no finished epoch is missing then."""
    before = read_metrics(run.folder)[1]
    fer("runs", "resume", run.id)
    wait(run, "running", "measuring", *ENDED)
    after = read_metrics(run.folder)[1]
    assert after[: len(before)] == before, "a finished epoch was lost"


def compare(whole: Run, cut: Run) -> None:
    """Fail if history or weights differ."""
    histories = [
        [{**row, "seconds": 0} for row in read_metrics(run.folder)[1]] for run in (whole, cut)
    ]
    weights = [models.load(run.model_folder).network.get_weights() for run in (whole, cut)]
    apart = max(float(np.abs(a - b).max()) for a, b in zip(*weights, strict=True))
    assert cut.status()["state"] == "finished", cut.status()
    assert histories[0] == histories[1], "the history differs from the run left alone"
    assert apart == 0, f"weights differ by {apart:g} from the run left alone"
    print("end: finished, history and weights equal to the run left alone", flush=True)


def wait(run: Run, *states: str) -> None:
    """Until it is in one of them."""
    while run.status()["state"] not in states:
        assert run.status()["state"] != "crashed", run.status()
        time.sleep(0.05)


def fer(*arguments: object) -> None:
    """The command line."""
    command = [sys.executable, "-m", "fer", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
