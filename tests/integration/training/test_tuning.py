import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from fer.data import Dataset
from fer.errors import ConfigError, TrainingError
from fer.training import tuning
from fer.training.config import TrainingConfig
from fer.training.events import EpochEnded, Observer


def test_a_study_is_resumed_until_it_has_its_trials(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    base = replace(tiny_config, epochs=1)
    tuning.tune(base, tiny_dataset, study="small", trials=1)
    ended: list[dict[str, object]] = []
    best = tuning.tune(base, tiny_dataset, study="small", trials=2, on_trial_end=ended.append)
    rows = tuning.trials_of("small")
    assert [row["trial"] for row in rows] == [0, 1]
    assert [row["trial"] for row in ended] == [1]
    assert best["accuracy"] == max(row["accuracy"] for row in rows)
    assert 1e-4 <= best["learning_rate"] <= 1e-2
    assert tuning.studies() == ["small"]
    assert tuning.tune(base, tiny_dataset, study="small", trials=2) == best
    assert len(tuning.trials_of("small")) == 2, "it has its trials already"


def test_trials_start_from_scratch_and_learn_from_the_data_alone(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    for asked in ({"start_from": "ferplus"}, {"teachers": ("ferplus",)}):
        with pytest.raises(ConfigError, match="they start from scratch"):
            tuning.tune(replace(tiny_config, **asked), tiny_dataset, study="small", trials=1)


def test_an_unknown_study_is_named_in_the_error() -> None:
    assert tuning.studies() == []
    with pytest.raises(TrainingError, match=r"No study 'gone'\. Known: none"):
        tuning.trials_of("gone")


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A place for studies of each kind; runs the statement that it is called with."""
    if request.param == "sqlite":

        def in_file(statement: str) -> None:
            with closing(sqlite3.connect(tuning.storage_file())) as file, file:
                file.execute(
                    statement.replace("now() - interval '1 hour'", "datetime('now', '-1 hour')")
                )

        return in_file
    server = request.getfixturevalue("postgres")
    url = server.emptied()
    monkeypatch.setenv("FER_STUDIES_URL", url)

    def on_server(statement: str) -> None:
        import psycopg

        with psycopg.connect(url) as connection:
            connection.execute(statement)

    return on_server


def test_several_processes_share_a_study_and_each_reports_its_own_trials(
    kept: object,
    tiny_dataset: Dataset,
    tiny_config: TrainingConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tuning, "_accuracy", lambda trial, *rest: 1 / (1 + trial.number))
    ended: dict[str, list[int]] = {"one": [], "two": []}
    with ThreadPoolExecutor() as pool:
        for rows in ended.values():
            pool.submit(
                tuning.tune, tiny_config, tiny_dataset, study="shared", trials=6,
                on_trial_end=lambda row, rows=rows: rows.append(row["trial"]),
            )  # fmt: skip
    rows = tuning.trials_of("shared")
    assert 6 <= len(rows) <= 7, "the last two may begin together"
    assert {row["state"] for row in rows} == {"complete"}
    assert sorted(ended["one"] + ended["two"]) == [row["trial"] for row in rows]


def test_a_trial_that_falls_behind_is_pruned(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = 0

    def fit(config: TrainingConfig, dataset: Dataset, *, observer: Observer) -> Any:
        nonlocal trials
        trials += 1
        history = []
        for epoch in range(1, 6):
            reached = 0.1 if trials == 5 and epoch > 1 else 0.5 + 0.05 * epoch
            history.append(
                EpochEnded(
                    epoch=epoch, epochs=5, loss=1, accuracy=reached, val_loss=1,
                    val_accuracy=reached, is_best=True, seconds=1, learning_rate=0.1,
                )
            )  # fmt: skip
            observer.notify(history[-1])
            if observer.should_stop():
                break
        return SimpleNamespace(history=history)

    monkeypatch.setattr("fer.training.fit.fit", fit)
    best = tuning.tune(tiny_config, tiny_dataset, study="pruned", trials=5)
    *complete, last = tuning.trials_of("pruned")
    assert [row["state"] for row in complete] == ["complete"] * 4
    assert (last["state"], last["epochs"], last["accuracy"]) == ("pruned", 2, 0.1)
    assert best["accuracy"] == 0.75


def test_a_trial_whose_process_was_killed_is_tried_again_with_the_same_options(
    kept: Callable[[str], None],
    tiny_dataset: Dataset,
    tiny_config: TrainingConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learned: list[TrainingConfig] = []

    def accuracy(trial: Any, base: TrainingConfig, dataset: Dataset) -> float:
        learned.append(tuning.suggest(trial, base))
        if len(learned) == 1:
            raise SystemExit  # leaves the trial as a kill does
        return 0.5

    monkeypatch.setattr(tuning, "_accuracy", accuracy)
    with pytest.raises(SystemExit):
        tuning.tune(tiny_config, tiny_dataset, study="killed", trials=1)
    [killed] = tuning.trials_of("killed")
    assert killed["state"] == "running"
    kept("UPDATE trial_heartbeats SET heartbeat = now() - interval '1 hour'")
    best = tuning.tune(tiny_config, tiny_dataset, study="killed", trials=1)
    assert [row["state"] for row in tuning.trials_of("killed")] == ["fail", "complete"]
    assert (best["trial"], best["accuracy"]) == (1, 0.5)
    assert learned[1] == learned[0]


def test_a_study_whose_trials_all_fail_ends(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> float:
        raise TrainingError("The loss is no longer a number.")

    monkeypatch.setattr(tuning, "_accuracy", fail)
    with pytest.raises(TrainingError, match="No trial of the study 'bad' has finished"):
        tuning.tune(tiny_config, tiny_dataset, study="bad", trials=2)
    assert [row["state"] for row in tuning.trials_of("bad")] == ["fail", "fail"]


def test_a_database_of_studies_that_does_not_answer_is_a_sentence_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FER_STUDIES_URL", "postgresql://kim:secret@127.0.0.1:1/studies")
    with pytest.raises(TrainingError, match="database of studies cannot be used") as caught:
        tuning.studies()
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("FER_STUDIES_URL", "mysql://kim:secret@host/studies")
    with pytest.raises(ConfigError, match="names no PostgreSQL") as refused:
        tuning.studies()
    assert "secret" not in str(refused.value)
