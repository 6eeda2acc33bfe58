"""What the program keeps for itself in FER_HOME and FER_RUNS, damaged by disks or by hand."""

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from fer import settings
from fer.data import add, annotations, load_dataset, registered
from fer.data.loading import remembered_faces
from fer.data.store import last_stored
from fer.errors import FerError
from fer.evaluation.comparison import recall_sentence, verdict
from fer.evaluation.face_map import kept_map
from fer.evaluation.probabilities import forget, uncalibrated_probabilities
from fer.feedback import promotion
from fer.models.card import ModelCard
from fer.models.model import Model
from fer.runs import catalogue, queue
from fer.runs.metrics import read_curves
from fer.runs.run import Run
from fer.training import checkpoint
from fer.training.config import TrainingConfig
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import changed, damaged, json_of
from tests.fuzz.tables import SIDE, pixel_rows

_STATUS = {
    "state": "finished", "created": 1.0, "queued": 1.0, "epochs": 2, "finished_epochs": 2,
    "best_epoch": 1,
    "best_val_accuracy": 0.5, "worked_s": 12.5, "batches": 4, "labels": ["happy", "sad"],
    "eta_s": 3.0,
    "faces_per_s": 100.0, "recall": {"happy": 0.5, "sad": None}, "reason": "",
}  # fmt: skip
_FIGURES = {
    "test": {
        "accuracy": 0.5,
        "balanced_accuracy": 0.5,
        "accuracy_ci95": [0.4, 0.6],
        "images": 9,
        "ci95": {"balanced_accuracy": [0.4, 0.6]},
    }
}
_SHOWN = {
    "first": "a", "second": "b", "images": 9, "first_accuracy": 0.5, "second_accuracy": 0.6,
    "difference": 0.1, "difference_ci95": [-0.1, 0.3], "first_recall": 0.5, "second_recall": 0.6,
    "recall_difference": 0.1, "recall_difference_ci95": [-0.1, 0.3], "p_value": 0.5,
    "first_leaked": 0, "second_leaked": 1,
}  # fmt: skip
_COMPARED = {
    "old": {"name": "a", "sha256": ""}, "new": {"name": "b", "sha256": ""}, "refusals": ["No."],
    "on": {promotion.FROZEN: _SHOWN, promotion.HELD_OUT: _SHOWN, promotion.PHOTOS: "None is kept."},
}  # fmt: skip
_METRICS = [
    {"kind": "step", "step": 1, "epoch": 1, "loss": 1.0, "accuracy": 0.5, "learning_rate": 0.1},
    {
        "kind": "epoch",
        "epoch": 1,
        "loss": 1.0,
        "accuracy": 0.5,
        "val_loss": 1.0,
        "val_accuracy": 0.4,
    },
]


class Notes(Kind):
    """Every such file, and all that reads it."""

    def __init__(self, folder: Path) -> None:
        (folder / "set").mkdir()
        rows = pixel_rows(12)
        (folder / "set" / "fer2013.csv").write_text("\n".join(map(",".join, rows)))
        dataset = add(folder / "set", name="mine")
        dataset = load_dataset("mine", height=SIDE, width=SIDE)
        annotations.annotate(dataset, dataset.index["path"].tolist()[:2], excluded=True)
        card = ModelCard(
            name="tiny", labels=dataset.labels, height=SIDE, width=SIDE, channels=1, framing={},
            data={},
            model_sha256="0" * 64,
        )  # fmt: skip
        self._model = Model(card=card, forward=_uniform(len(card.labels)), open_network=_none)
        uncalibrated_probabilities(self._model, dataset, "all", tta="none")
        run = catalogue.create(TrainingConfig(), name="a run", state="finished")
        for name, content in {
            "status.json": json.dumps(_STATUS), "figures.json": json.dumps(_FIGURES),
            "notes.txt": "good",
            "metrics.jsonl": "\n".join(map(json.dumps, _METRICS)) + "\n", "request": "stop",
            promotion.FILE: json.dumps(_COMPARED),
        }.items():  # fmt: skip
            (run.folder / name).write_text(content)
        run.checkpoints.mkdir()
        checkpoint._write(run.checkpoints / "last.npz", {"best": [np.zeros(3)]}, history=[])
        settings.set_default_model("ferplus")
        self._kept = folder / "kept"
        shutil.copytree(settings.home(), self._kept / "home")
        shutil.copytree(settings.runs_folder(), self._kept / "runs")

    def feed(self, rng: Random, folder: Path) -> None:
        homes = {"home": settings.home(), "runs": settings.runs_folder()}
        for name, home in homes.items():
            shutil.rmtree(home)
            shutil.copytree(self._kept / name, home)
        files = [
            file for home in homes.values() for file in sorted(home.rglob("*")) if file.is_file()
        ]
        file = rng.choice([one for one in files if one.suffix not in (".lock", ".pixels")])
        content = file.read_bytes()
        if file.suffix == ".json" and rng.random() < 0.8:
            file.write_bytes(json_of(changed(rng, json.loads(content))))
        elif file.suffix == ".jsonl" and rng.random() < 0.8:
            rows = [json_of(changed(rng, json.loads(line))) for line in content.splitlines()]
            file.write_bytes(b"\n".join(rows) + b"\n")
        else:
            file.write_bytes(damaged(rng, content))
        self._use()

    def _use(self) -> None:
        last: FerError | None = None
        for use in (
            registered,
            settings.default_model,
            lambda: remembered_faces("mine"),
            lambda: annotations.export("mine"),
            lambda: uncalibrated_probabilities(self._model, _loaded(), "all", tta="none"),
            lambda: kept_map(self._model.card, _loaded()),
            lambda: forget(["x"]),
            lambda: [last_stored(one.folder) for one in registered()],
            lambda: [_shown(run) for run in catalogue.list_runs()],
            lambda: catalogue.comparison(catalogue.list_runs()),
            queue.waiting,
            lambda: queue.using("mine"),
        ):
            try:
                use()
            except FerError as error:
                last = error
        if last:
            raise last


def _loaded() -> Any:
    return load_dataset("mine", height=SIDE, width=SIDE)


def _shown(run: Run) -> None:
    status = run.status()
    assert isinstance(status.get("state", ""), str), status
    _ = run.name, run.notes, run.figures(), run.requested()
    read_curves(run)
    catalogue.measured_on_test(run)
    with suppress(OSError, ValueError):
        _show_comparison(promotion.read_comparison(run))
    with suppress(FerError):
        checkpoint._read(run.checkpoints / "last.npz")
    run.config()


def _show_comparison(kept: Mapping[str, Any]) -> None:
    promotion.is_better(kept)
    for figures in kept["on"].values():
        if not isinstance(figures, str):
            verdict(figures)
            recall_sentence(figures)


def _uniform(classes: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda faces: np.full((len(faces), classes), 1 / classes, np.float32)


def _none() -> Any:
    raise AssertionError
