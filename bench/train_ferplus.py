"""Train `models/ferplus` again, as its card and docs/experiments.md describe.

    npm pack @vladmandic/face-api@1.7.15 && tar xzf vladmandic-face-api-1.7.15.tgz
    PYTHONPATH=. python bench/train_ferplus.py FER2013 package --out NEW

The networks that it starts from and learns from are taken from the history of this repository,
and face-api from its npm package. Everything is made in `NEW.work`, and the same command goes on
where it was ended. Some five hours on two cores, half of them for the teachers' answers.
"""

import argparse
import io
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

from fer import runs
from fer.errors import TrainingError
from fer.runs import queue
from fer.runs.worker import run_training
from fer.training.config import TrainingConfig
from fer.training.events import EpochEnded, Event, Observer

ROOT = Path(__file__).parents[1]
FROM_HISTORY = {
    "BEFORE": ("89ada37", "models/ferplus"),
    "OLD": ("f421e4e", "models/ferplus", "models/origins/fer2013-row8"),
}
"""What config.toml calls by these names: a commit, and the models that it holds."""


class Printer(Observer):
    """Prints each epoch."""

    def notify(self, event: Event) -> None:
        if isinstance(event, EpochEnded):
            print(f"epoch {event.epoch}/{event.epochs}: {event.seconds:.0f} s", flush=True)


def main() -> None:
    """Gather the teachers, train or go on training, raise rare classes, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", help="FER-2013 with its votes: a folder or a name")
    parser.add_argument("package", type=Path, help="face-api's unpacked npm package")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, help="fewer than the model's, for a trial")
    asked = parser.parse_args()
    work = asked.out.resolve().with_name(asked.out.name + ".work")
    os.environ["FER_RUNS"] = str(work / "runs")
    for name, (commit, *folders) in FROM_HISTORY.items():
        if not (work / name).exists():
            take_from_history(commit, folders, work / name)
    if not (work / "face-api" / "card.json").exists():
        script("face_api_teacher.py", asked.package, asked.data, "--out", work / "face-api")
    config = configuration(work)
    config = replace(config, dataset=asked.data, epochs=asked.epochs or config.epochs)
    run = next(iter(runs.list_runs()), None) or runs.create(config, name="ferplus")
    if run.status()["state"] != "finished":
        with queue.training_lock() as mine, run.held():
            if not mine:
                raise TrainingError("Another process is training. Wait for it.")
            run_training(run, Printer())
    script(
        "average_models.py", asked.data, f"{run.model_folder}=1",
        "--out", asked.out, "--logit-adjustment", "0.3",
    )  # fmt: skip


def take_from_history(commit: str, folders: list[str], place: Path) -> None:
    """Unpack folders of a commit."""
    archive = subprocess.run(
        ["git", "archive", commit, *folders], cwd=ROOT, check=True, stdout=subprocess.PIPE
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(place, filter="data")


def configuration(work: Path) -> TrainingConfig:
    """The model's configuration, with the folders of the networks that it names."""
    config = TrainingConfig.read(ROOT / "models" / "ferplus" / "config.toml")
    return replace(
        config,
        start_from=str(work / config.start_from),
        teachers=tuple(str(work / name) for name in config.teachers),
    )


def script(name: str, *arguments: object) -> None:
    """Run one of the scripts beside this one."""
    command = [sys.executable, str(Path(__file__).with_name(name)), *map(str, arguments)]
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
