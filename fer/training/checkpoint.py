"""Checkpoints: everything needed to resume a training as if it had never been interrupted.

`last.npz` holds the network, the optimizer, the average and the history after the last finished
epoch, and names the file of the best epoch. It is moved into place last, so the two files always
belong together.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer.errors import TrainingError
from fer.files import replace_file
from fer.training.events import EpochEnded

LAST_FILE = "last.npz"


@dataclass(kw_only=True)
class TrainingState:
    """The state of a training after a finished epoch, apart from network and optimizer.

    Attributes:
        history: One entry per finished epoch.
        average: Averaged weights in the order of `model.weights`; empty without averaging.
        average_steps: Steps that went into the average.
        best: Weights of the epoch that is kept, in the order of `model.weights`; empty at first.
    """

    history: list[EpochEnded] = field(default_factory=list)
    average: list[np.ndarray] = field(default_factory=list)
    average_steps: int = 0
    best: list[np.ndarray] = field(default_factory=list)


def exists(folder: Path) -> bool:
    """Whether there is an epoch to resume from."""
    return (folder / LAST_FILE).is_file()


def save(folder: Path, model: keras.Model, state: TrainingState) -> None:
    """Write the state after a finished epoch.

    Raises:
        OSError: If it cannot be written; the checkpoint before it stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    best = [entry for entry in state.history if entry.is_best][-1]
    best_file = f"best-{best.epoch:05d}.npz"
    if best is state.history[-1]:
        _write(folder / best_file, {"best": state.best})
    _write(
        folder / LAST_FILE,
        {
            "model": [variable.numpy() for variable in model.variables],
            "optimizer": [variable.numpy() for variable in model.optimizer.variables],
            "average": state.average,
        },
        history=[asdict(entry) for entry in state.history],
        average_steps=state.average_steps,
        best=best_file,
    )
    for old in folder.glob("best-*.npz"):
        if old.name != best_file:
            old.unlink(missing_ok=True)


def load(folder: Path, model: keras.Model) -> TrainingState:
    """Restore the last finished epoch into a compiled network and its optimizer.

    Raises:
        TrainingError: If a file is damaged or belongs to another network.
    """
    groups, facts = _read(folder / LAST_FILE)
    _assign(model.variables, groups["model"], folder)
    _assign(model.optimizer.variables, groups["optimizer"], folder)
    return TrainingState(
        history=[EpochEnded(**entry) for entry in facts["history"]],
        average=groups["average"],
        average_steps=facts["average_steps"],
        best=_read(folder / facts["best"])[0]["best"],
    )


def _assign(variables: list[Any], values: list[np.ndarray], folder: Path) -> None:
    if [tuple(v.shape) for v in variables] != [value.shape for value in values]:
        raise TrainingError(
            f"The checkpoint in '{folder}' belongs to another network than the configuration's. "
            "Restore the configuration, or start a new run."
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _write(path: Path, groups: dict[str, list[np.ndarray]], **facts: Any) -> None:
    arrays: dict[str, Any] = {
        f"{group}/{number:05d}": array
        for group, members in groups.items()
        for number, array in enumerate(members)
    }
    text = json.dumps({**facts, "groups": {name: len(m) for name, m in groups.items()}})
    with replace_file(path) as file:
        np.savez(file, facts=np.frombuffer(text.encode(), np.uint8), **arrays)


def _read(path: Path) -> tuple[dict[str, list[np.ndarray]], dict[str, Any]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            facts = json.loads(stored["facts"].tobytes())
            groups = {
                group: [stored[f"{group}/{number:05d}"] for number in range(size)]
                for group, size in facts["groups"].items()
            }
    except Exception as error:  # a damaged file fails in many ways
        raise TrainingError(
            f"The checkpoint '{path}' cannot be read ({error}). Start a new run."
        ) from error
    return groups, facts
