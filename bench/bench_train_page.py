"""What an open Train page costs its server, in a browser: share of a core, of CPU time.

It needs Chromium, and Linux for the server's CPU time. With twenty runs in the list, under 2%
when nothing runs; under 5% while one is at work, with 2,000 steps behind it and more to come.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from serving import chromium, served

from fer import runs
from fer.runs.metrics import METRICS_FILE
from fer.runs.run import Run
from fer.training.config import PRESETS

RUNS, STEPS, STEPS_PER_EPOCH = 20, 2000, 225
SETTLE_S, WATCH_S = 15, 40


def main() -> None:
    """Run and print."""
    browser = chromium()
    if not browser or not Path("/proc/self/stat").exists():
        print("skipped: no Chromium, or no /proc")
        return
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"FER_HOME": home, "FER_RUNS": f"{home}/runs"}
        for _ in range(RUNS):
            run = runs.create(PRESETS["classic"], state="finished")
            record(run, 1, STEPS)
        with served() as (address, pid):
            measure(f"{address}/train", browser, pid)


def measure(address: str, executable: str, pid: int) -> None:
    """Open the page, read the server's CPU time, and print."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 2000})
        page.set_default_timeout(300_000)
        page.goto(address)
        page.get_by_text("✅ finished").first.wait_for()
        page.get_by_text("faces/s").first.wait_for()  # the estimate is made once
        idle = share(pid, lambda number: None)
        run = runs.create(PRESETS["classic"], state="running")
        record(run, 1, STEPS)
        with run.held():
            live = share(pid, lambda number: record(run, STEPS + number, 1))
        browser.close()
    print(f"nothing runs: {idle:.1%} of a core (under 2%); one at work: {live:.1%} (under 5%)")


def share(pid: int, each_second: Callable[[int], None]) -> float:
    """CPU seconds of the process a second."""
    for number in range(SETTLE_S + WATCH_S):
        if number == SETTLE_S:
            started, before = time.monotonic(), cpu_s(pid)
        each_second(number)
        time.sleep(1)
    return (cpu_s(pid) - before) / (time.monotonic() - started)


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def record(run: Run, first: int, count: int) -> None:
    """Steps, and the epochs that end with them, as a worker writes them."""
    labels = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
    rows = []
    for step in range(first, first + count):
        epoch = 1 + (step - 1) // STEPS_PER_EPOCH
        facts = {"epoch": epoch, "loss": 1 / epoch, "accuracy": 0.5, "learning_rate": 0.1}
        rows.append({"kind": "step", "step": step, **facts})
        if step % STEPS_PER_EPOCH == 0:
            measured = {"val_loss": 1 / epoch, "val_accuracy": 0.5, "confusion": [[9] * 7] * 7}
            recall = dict.fromkeys(labels, 0.5)
            rows.append({"kind": "epoch", **facts, **measured, "recall": recall})
    with (run.folder / METRICS_FILE).open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    progress = {"epoch": epoch, "batch": 1 + step % STEPS_PER_EPOCH, "batches": STEPS_PER_EPOCH}
    run.write_status(**{**run.stored_status(), **progress, "faces_per_s": 900.0, "eta_s": 600.0})


if __name__ == "__main__":
    main()
