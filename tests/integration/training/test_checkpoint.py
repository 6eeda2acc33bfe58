from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer.data import Dataset
from fer.errors import TrainingError
from fer.nets.augmentation import Augmentation
from fer.training import checkpoint
from fer.training.config import TrainingConfig
from fer.training.events import BatchEnded, EpochEnded, Event, Observer
from fer.training.fit import fit


class CutAfter(Observer):
    """Ends the training after so many steps, and keeps its events."""

    def __init__(self, steps: int) -> None:
        self._left = steps
        self.events: list[Event] = []

    def notify(self, event: Event) -> None:
        self.events.append(event)

    def should_stop(self) -> bool:
        self._left -= 1
        return self._left < 0


@pytest.mark.parametrize(
    "changes",
    [
        {
            "architecture": "batchnorm",
            "options": {"width": 0.1},
            "ema": 0.9,
            "optimizer": "sgd",
            "learning_rate": 0.05,
            "schedule": "one-cycle",
            "augmentation": Augmentation(
                mixup=0.5, cutmix=0.5, blur=0.5, coarse=0.5, shade=0.5, jpeg=0.5
            ),
        },
        {"schedule": "plateau", "plateau_patience": 1},
        {"loss": "balanced-softmax", "logit_adjustment": 1.0, "class_weights": "root"},
    ],
    ids=["average, momentum, statistics of batches, mixing", "plateau", "balanced softmax"],
)
def test_an_interrupted_training_resumes_as_if_nothing_had_happened(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path: Path, changes: dict[str, object]
) -> None:
    config = replace(tiny_config, epochs=3, **changes)  # type: ignore[arg-type]
    whole = fit(config, tiny_dataset)
    cut = fit(config, tiny_dataset, observer=CutAfter(5), checkpoints=tmp_path)  # 3 steps an epoch
    assert cut.stopped
    assert len(cut.history) == 1
    observer = CutAfter(100)
    resumed = fit(config, tiny_dataset, observer=observer, checkpoints=tmp_path)
    assert [e.epoch for e in observer.events if isinstance(e, EpochEnded)] == [2, 3]
    histories = [[replace(e, seconds=0) for e in each.history] for each in (whole, resumed)]
    assert histories[0] == histories[1]
    for one, other in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_finished_training_does_not_continue(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path: Path
) -> None:
    fitted = fit(tiny_config, tiny_dataset, checkpoints=tmp_path)
    again = fit(tiny_config, tiny_dataset, checkpoints=tmp_path)
    assert again.history == fitted.history
    assert not again.stopped


def test_a_checkpoint_of_another_network_is_refused(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path: Path
) -> None:
    fit(replace(tiny_config, epochs=1), tiny_dataset, checkpoints=tmp_path)
    with pytest.raises(TrainingError, match="another network"):
        fit(replace(tiny_config, architecture="vgg"), tiny_dataset, checkpoints=tmp_path)
    (tmp_path / checkpoint.LAST_FILE).write_bytes(b"PK nonsense")
    with pytest.raises(TrainingError, match="cannot be read"):
        fit(tiny_config, tiny_dataset, checkpoints=tmp_path)


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fit(replace(tiny_config, epochs=1), tiny_dataset, checkpoints=tmp_path)
    before = (tmp_path / checkpoint.LAST_FILE).read_bytes()

    def full(*arguments: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        fit(replace(tiny_config, epochs=3), tiny_dataset, checkpoints=tmp_path)
    assert (tmp_path / checkpoint.LAST_FILE).read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_only_the_best_and_the_last_checkpoint_stay(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path: Path
) -> None:
    fitted = fit(replace(tiny_config, epochs=5), tiny_dataset, checkpoints=tmp_path)
    best = max(fitted.history, key=lambda entry: entry.val_accuracy).epoch
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == [f"best-{best:05d}.npz", "last.npz"]


def test_a_training_stopped_before_its_first_step_keeps_its_initial_weights(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path: Path
) -> None:
    observer = CutAfter(0)
    fitted = fit(tiny_config, tiny_dataset, observer=observer, checkpoints=tmp_path)
    assert fitted.stopped
    assert not any(isinstance(event, BatchEnded) for event in observer.events)
    assert fitted.history == []
    assert not checkpoint.exists(tmp_path)
