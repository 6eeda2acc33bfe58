import json
import threading
from pathlib import Path

import pytest

from fer import runs
from fer.errors import TrainingError
from fer.runs import queue
from fer.runs.metrics import METRICS_FILE, read_metrics
from fer.training.config import TrainingConfig


def test_a_run_is_found_by_its_id_its_beginning_its_name_and_last() -> None:
    first = runs.create(TrainingConfig(epochs=1), name="my first")
    second = runs.create(TrainingConfig(epochs=2, architecture="vgg"))
    assert runs.find("my first") == runs.find(first.id) == first
    assert runs.find(second.id[:-2]) == second
    assert runs.find("last") in (first, second)
    with pytest.raises(TrainingError, match=r"No run 'gone'\. Known: "):
        runs.find("gone")
    with pytest.raises(TrainingError, match="Several runs match '20'"):
        runs.find("20")


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


def test_half_a_line_of_metrics_is_not_read(tmp_path: Path) -> None:
    row = {"kind": "step", "epoch": 1, "step": 1}
    (tmp_path / METRICS_FILE).write_text(json.dumps(row) + "\n" + json.dumps(row)[:9])
    assert read_metrics(tmp_path) == [row]
    (tmp_path / METRICS_FILE).write_text("nonsense\n[1]\n" + json.dumps(row) + "\n")
    assert read_metrics(tmp_path) == [row]


def test_queued_runs_wait_in_the_order_in_which_they_came() -> None:
    made = [runs.create(TrainingConfig(seed=seed)) for seed in range(3)]
    assert queue.waiting() == made
    queue.stop(made[0])
    assert queue.waiting() == made[1:]
    assert made[0].status()["state"] == "stopped"
    assert queue.active() is None


def test_only_one_has_the_turn() -> None:
    seen = []

    def other() -> None:
        with queue.training_lock() as mine:
            seen.append(mine)

    with queue.training_lock() as mine:
        assert mine
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    other()
    assert seen == [False, True]


@pytest.mark.parametrize("state", ["finished", "running"])
def test_what_is_finished_or_at_work_cannot_be_resumed(state: str) -> None:
    run = runs.create(TrainingConfig(), state=state)
    with run.held(), pytest.raises(TrainingError, match=f"is {state}"):
        queue.submit(run)


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


def test_comparing_shows_figures_and_only_the_options_that_differ() -> None:
    one = runs.create(TrainingConfig(epochs=5), name="one")
    two = runs.create(TrainingConfig(epochs=9, options={"width": 2.0}), name="two")
    rows = runs.comparison([one, two])
    assert rows["epochs"] == [5, 9]
    assert rows["options.width"] == ["", 2.0]
    assert "seed" not in rows
    assert rows["state"] == ["queued", "queued"]


def test_a_new_run_waits_for_the_one_at_work_or_else_for_the_first_in_the_queue() -> None:
    assert queue.blocker() is None
    first, _ = (runs.create(TrainingConfig(seed=seed)) for seed in range(2))
    assert queue.blocker() == first
    busy = runs.create(TrainingConfig(), state="running")
    with busy.held():
        assert queue.blocker() == busy


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
