import numpy as np
import pytest

from fer.training.config import TrainingConfig
from fer.training.events import EpochEnded
from fer.training.schedules import is_over, plateau_rate, step_schedule


def rates(**options: object) -> np.ndarray:
    config = TrainingConfig(epochs=10, learning_rate=0.2, **options)  # type: ignore[arg-type]
    schedule = step_schedule(config, steps_per_epoch=10)
    assert schedule is not None
    return np.asarray(schedule(np.arange(100, dtype=np.float32)))


def history(*val_losses: float) -> list[EpochEnded]:
    best = np.inf
    entries = []
    for number, loss in enumerate(val_losses, start=1):
        entries.append(
            EpochEnded(
                epoch=number,
                epochs=99,
                loss=1.0,
                accuracy=0.5,
                val_loss=loss,
                val_accuracy=1 - loss,
                is_best=loss < best,
                seconds=1.0,
                learning_rate=0.1,
            )
        )
        best = min(best, loss)
    return entries


def test_cosine_warms_up_to_its_peak_and_falls_to_zero() -> None:
    values = rates(schedule="cosine", warmup_epochs=2)
    assert values[0] == 0
    assert values[20] == pytest.approx(0.2)
    assert values[60] == pytest.approx(0.1, rel=0.01)
    assert values[99] < 0.001
    assert (np.diff(values[20:]) < 0).all()


def test_constant_stays_after_its_warm_up() -> None:
    values = rates(schedule="constant", warmup_epochs=1)
    assert values[5] == pytest.approx(0.1)
    assert (values[10:] == np.float32(0.2)).all()


def test_one_cycle_rises_for_three_tenths_and_falls_to_zero() -> None:
    values = rates(schedule="one-cycle")
    assert values[0] == pytest.approx(0.008)
    assert values.argmax() == 30
    assert values[30] == pytest.approx(0.2)
    assert values[99] < 0.001


def test_the_rate_falls_on_a_plateau_and_then_waits_again() -> None:
    config = TrainingConfig(
        schedule="plateau", learning_rate=0.8, plateau_patience=2, plateau_factor=0.5
    )
    assert plateau_rate(config, history(0.5, 0.4, 0.41)) == 0.8
    assert plateau_rate(config, history(0.5, 0.4, 0.41, 0.42)) == 0.4
    assert plateau_rate(config, history(0.5, 0.4, 0.41, 0.42, 0.3, 0.4)) == 0.4
    assert plateau_rate(config, history(0.5, 0.4, 0.41, 0.42, 0.43, 0.44)) == 0.2


def test_early_stopping_counts_epochs_since_the_best() -> None:
    config = TrainingConfig(early_stopping=2)
    assert not is_over(config, history(0.5, 0.4, 0.45))
    assert is_over(config, history(0.5, 0.4, 0.45, 0.44))
    assert not is_over(TrainingConfig(), history(0.5, 0.6, 0.7, 0.8))
