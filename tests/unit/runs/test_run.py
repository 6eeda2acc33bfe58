import pytest

from fer import runs
from fer.errors import TrainingError
from fer.runs import queue
from fer.training.config import TrainingConfig


def test_the_configuration_of_a_run_is_the_one_it_was_made_with() -> None:
    config = TrainingConfig(epochs=7, labels=("happy", "sad"), options={"width": 0.5})
    assert runs.create(config).config() == config


def test_a_run_that_nobody_holds_has_crashed_and_one_that_is_held_has_not() -> None:
    run = runs.create(TrainingConfig(), state="running")
    assert run.status()["state"] == "crashed"
    assert "ended unexpectedly" in run.status()["reason"]
    with run.held():
        assert run.status()["state"] == "running"
    assert run.status()["state"] == "crashed"


def test_a_damaged_status_reads_as_crashed() -> None:
    run = runs.create(TrainingConfig())
    (run.folder / "status.json").write_text('{"state": "run')
    assert run.status()["state"] == "crashed"
    assert [row.id for row in runs.list_runs()] == [run.id]


def test_what_is_at_work_cannot_be_removed() -> None:
    run = runs.create(TrainingConfig(), state="running")
    with run.held(), pytest.raises(TrainingError, match="in use by a worker"):
        run.remove()
    run.remove()
    assert not run.folder.exists()
    assert runs.list_runs() == []


def test_a_run_can_be_renamed_and_a_name_is_not_empty() -> None:
    run = runs.create(TrainingConfig())
    run.rename("  the\nbig one ")
    assert runs.Run(run.folder).name == "the big one"
    with pytest.raises(TrainingError, match="1 to 100"):
        run.rename("  ")


def test_a_full_disk_is_told_in_words_and_a_run_can_be_removed_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = runs.create(TrainingConfig(), state="stopped")

    def full(*arguments: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fer.runs.run.write_text", full)
    monkeypatch.setattr("fer.runs.catalogue.write_text", full)
    with pytest.raises(TrainingError, match=r"Make room there.*FER_RUNS"):
        runs.create(TrainingConfig())
    assert [file.name for file in run.folder.parent.iterdir()] == [run.id]
    with pytest.raises(TrainingError, match=r"Make room there.*FER_RUNS"):
        queue.submit(run)
    run.remove()
    assert runs.list_runs() == []
