import threading

import pytest

from fer import runs
from fer.errors import TrainingError
from fer.runs import queue
from fer.training.config import TrainingConfig


def test_runs_are_queued_in_the_order_of_submission() -> None:
    made = [runs.create(TrainingConfig(seed=seed)) for seed in range(3)]
    assert queue.waiting() == made
    queue.stop(made[0])
    assert queue.waiting() == made[1:]
    assert made[0].status()["state"] == "stopped"
    assert queue.active() is None


def test_only_one_holds_the_training_lock() -> None:
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
def test_a_finished_or_active_run_cannot_be_resumed(state: str) -> None:
    run = runs.create(TrainingConfig(), state=state)
    with run.held(), pytest.raises(TrainingError, match=f"is {state}"):
        queue.submit(run)


def test_a_new_run_waits_for_the_active_one_or_else_for_the_first_in_the_queue() -> None:
    assert queue.blocker() is None
    first, _ = (runs.create(TrainingConfig(seed=seed)) for seed in range(2))
    assert queue.blocker() == first
    busy = runs.create(TrainingConfig(), state="running")
    with busy.held():
        assert queue.blocker() == busy
