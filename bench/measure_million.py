"""A million drawn faces, all distinct, through the whole tool: peak memory and time of each step.

    PYTHONPATH=. python bench/measure_million.py --faces 1000000 --folder /tmp/million

Some thousand faces are drawn, and each is turned, scaled, shifted and re-lit into many; all are
PNG files in class folders, six of seven in `train`. Every step is a process of its own, as a
command is, and this one reads its memory from outside every 20 ms:

- `anonymous`: the peak of what the process and its children hold for themselves (RssAnon and
  RssShmem), which is what a machine must have. It cannot be dropped, only swapped.
- `resident`: the peak of all its pages (VmHWM, as ru_maxrss), with those of mapped files, such as
  the pixels and the libraries. The system drops and reads these again as it likes.

What FOLDER holds of an earlier call is used again; `--steps` chooses among the steps. It is for
Linux, takes 6 kB of disk for each face, and needs Chromium for the pages. docs/scale.md has what
it printed for a million.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from fer.data.synthetic import draw_face, face_seeds
from fer.emotions import FER2013

DRAWN = 4000
NAME, MODEL = "million", "million-model"
SAMPLE_S = 0.02


def main() -> None:
    """Run the steps and print a row for each."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--faces", type=int, default=1_000_000)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--steps", default=",".join(STEPS))
    options.add_argument("--one", help=argparse.SUPPRESS)
    asked = options.parse_args()
    folder = asked.folder.resolve()
    for variable in ("HOME", "RUNS", "MODELS"):
        os.environ[f"FER_{variable}"] = str(folder / variable.lower())
    os.environ["FER_DATA_ROOTS"] = str(folder)
    if asked.one:
        print(json.dumps(STEPS[asked.one](folder, asked.faces)))
        return
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{asked.faces:,} faces")
    print("step            seconds  anonymous MB  resident MB")
    for step in asked.steps.split(","):
        measure(step, asked.faces, folder)


def measure(step: str, faces: int, folder: Path) -> None:
    """Run one step in a process, follow its memory, and print what it took."""
    command = [sys.executable, __file__, "--faces", str(faces), "--folder", str(folder)]
    start = time.perf_counter()
    process = subprocess.Popen([*command, "--one", step], stdout=subprocess.PIPE, text=True)
    followed = Followed(process.pid)
    printed, _ = process.communicate()
    seconds = time.perf_counter() - start
    anonymous, resident = followed.end()
    facts = json.loads(printed.splitlines()[-1]) if process.returncode == 0 else "FAILED"
    print(f"{step:<14} {seconds:8.1f}  {anonymous:12,.0f}  {resident:11,.0f}  {facts}", flush=True)


class Followed:
    """The peak memory of a process and its children, read from outside while it runs."""

    def __init__(self, pid: int) -> None:
        self._anonymous_mb = self._resident_mb = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, args=(pid,))
        self._thread.start()

    def end(self) -> tuple[float, float]:
        """Peaks of anonymous and of resident memory, in MB."""
        self._ended.set()
        self._thread.join()
        return self._anonymous_mb, self._resident_mb

    def _follow(self, pid: int) -> None:
        while not self._ended.wait(SAMPLE_S):
            held = [memory(one) for one in family(pid)]
            self._anonymous_mb = max(self._anonymous_mb, sum(mb for mb, _ in held))
            self._resident_mb = max(self._resident_mb, sum(mb for _, mb in held))


def family(pid: int) -> list[int]:
    """A process and all that it started, but for browsers: those are the visitor's."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return [one for one in found if not is_browser(one)]


def is_browser(pid: int) -> bool:
    """Whether a process is Chromium, or Playwright's driver of it."""
    try:
        return bool(re.search(r"chrom|playwright", Path(f"/proc/{pid}/cmdline").read_text()))
    except OSError:
        return True  # it has ended


def memory(pid: int) -> tuple[float, float]:
    """Anonymous and peak resident memory of a process, in MB."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0, 0.0
    kb = {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB$", status, re.M)}
    return (kb.get("RssAnon", 0) + kb.get("RssShmem", 0)) / 1e3, kb.get("VmHWM", 0) / 1e3


def draw(folder: Path, faces: int) -> dict[str, object]:
    """Write the files; not part of what is measured."""
    place = folder / "faces"
    if place.exists():
        return {"there": True}
    base = {
        label: [draw_face(label, seed=seed, size=64) for seed in face_seeds(DRAWN // 7, seed=0)]
        for label in FER2013
    }
    for split in ("train", "test"):
        for label in FER2013:
            (place / split / label).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(faces):
        label = FER2013[number % 7]
        face = varied(base[label][number // 7 % (DRAWN // 7)], rng)
        split = "test" if number // 7 % 7 == 0 else "train"
        cv2.imwrite(str(place / split / label / f"{number:08d}.png"), face)
    return {}


def varied(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The face, 48×48, turned, scaled, shifted, mirrored, re-lit and with noise of its own."""
    turn = cv2.getRotationMatrix2D((32, 32), rng.uniform(-25, 25), rng.uniform(0.6, 0.95))
    turn[:, 2] += rng.uniform(-4, 4, 2) - 8
    if rng.random() < 0.5:
        face = face[:, ::-1]
    small = cv2.warpAffine(face, turn, (48, 48), borderMode=cv2.BORDER_REFLECT)
    ramp = np.linspace(-1, 1, 48)
    light = rng.uniform(0.6, 1.3) * (1 + rng.normal(0, 0.25) * ramp[:, None])
    lit = small * light + rng.normal(0, 15) + rng.normal(0, 4, (48, 48))
    return np.asarray(np.rint(lit).clip(0, 255), np.uint8)


def store(folder: Path, faces: int) -> dict[str, object]:
    """`fer data add`: list, decode, measure and store."""
    from fer.data import add, registered

    if NAME in {source.name for source in registered()}:
        return {"there": True}
    dataset = add(folder / "faces", name=NAME)
    return {"faces": len(dataset), "distinct": int(dataset.index["hash"].nunique())}


def open_again(folder: Path, faces: int) -> dict[str, object]:
    """What every command and page does first."""
    from fer.data import load_dataset

    return {"splits": load_dataset(NAME).splits}


def audit(folder: Path, faces: int) -> dict[str, object]:
    """`fer data audit`: copies, near copies, leaks."""
    from fer.data import load_dataset
    from fer.data.audit import audit as audited

    summary = audited(load_dataset(NAME, validation_fraction=0)).summary
    return {name: summary[name]["images"] for name in ("near_duplicates", "near_constant")}


def browse(folder: Path, faces: int) -> dict[str, object]:
    """The Data page in a browser: overview, faces, audit."""
    from playwright.sync_api import Locator, sync_playwright
    from serving import chromium, served

    seconds: dict[str, float] = {}
    with served() as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 2000})
        page.set_default_timeout(900_000)

        def timed(what: str, view: str, seen: Callable[[], Locator]) -> None:
            start = time.perf_counter()
            page.goto(f"{address}/dataset?dataset.name={NAME}&dataset.view={view}")
            seen().first.wait_for()
            seconds[what] = round(time.perf_counter() - start, 1)

        timed("open", "Overview", lambda: page.get_by_text("Faces with a flaw"))
        group = page.get_by_role("group", name=re.compile("^Faces, page"))
        timed("faces", "Faces", lambda: group.get_by_role("button"))
        timed("audit", "Audit", lambda: page.get_by_text(re.compile("Near duplicates \\(")))
        browser.close()
    return seconds


def train(folder: Path, faces: int) -> dict[str, object]:
    """`fer train` for one epoch, with the measuring that follows."""
    command("train", NAME, "--preset", "quick", "--epochs", "1", "--batch-size", "256",
            "--architecture", "batchnorm", "--set", "options.width=0.25",
            "--out", str(folder / "models" / MODEL))  # fmt: skip
    return {}


def evaluate(folder: Path, faces: int) -> dict[str, object]:
    """`fer evaluate` on every face, and its report with label errors."""
    command("evaluate", MODEL, NAME, "--split", "all", "--report", str(folder / "report.html"))
    return {}


def draw_map(folder: Path, faces: int) -> dict[str, object]:
    """The map of all faces, as the Data page draws it, and what lies around each on it."""
    from fer import models
    from fer.data import load_dataset
    from fer.evaluation.face_map import face_map, surroundings

    dataset = load_dataset(NAME, validation_fraction=0)
    places = face_map(models.load(MODEL), dataset)
    surroundings(places, dataset.targets, len(dataset.labels))
    return {}


def command(*words: str) -> None:
    """Run the command line in this process."""
    from fer.cli.main import app

    app(words, standalone_mode=False)


STEPS: dict[str, Callable[[Path, int], dict[str, object]]] = {
    "draw": draw, "store": store, "open": open_again, "audit": audit, "browse": browse,
    "train": train, "evaluate": evaluate, "map": draw_map,
}  # fmt: skip

if __name__ == "__main__":
    main()
