from dataclasses import replace

import pytest

from fer.data import Dataset
from fer.errors import TrainingError
from fer.training import tuning
from fer.training.config import TrainingConfig

# Optuna calls its retry callback and heartbeat experimental.
pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def test_a_study_is_gone_on_with_until_it_has_its_trials(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    base = replace(tiny_config, epochs=1)
    tuning.tune(base, tiny_dataset, study="small", trials=1)
    told: list[dict[str, object]] = []
    best = tuning.tune(base, tiny_dataset, study="small", trials=2, listener=told.append)
    rows = tuning.trials_of("small")
    assert [row["trial"] for row in rows] == [0, 1]
    assert [row["trial"] for row in told] == [1]
    assert best["accuracy"] == max(row["accuracy"] for row in rows)
    assert 1e-4 <= best["learning_rate"] <= 1e-2
    assert tuning.studies() == ["small"]


def test_a_study_that_is_not_there_is_named() -> None:
    assert tuning.studies() == []
    with pytest.raises(TrainingError, match=r"No study 'gone'\. Known: none"):
        tuning.trials_of("gone")
