import csv
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from fer import runs
from fer.runs.metrics import read_metrics
from fer.runs.recorder import Recorder
from fer.training.config import TrainingConfig
from fer.training.events import (
    BatchEnded,
    EpochEnded,
    Event,
    FilesRead,
    Measuring,
    Observer,
    Started,
)

STARTED = Started(
    labels=("happy", "sad"),
    parameters=10,
    multiply_adds=20,
    train_faces=8,
    validation_faces=4,
    epochs=2,
    batches=2,
)


def step(epoch: int, batch: int) -> BatchEnded:
    return BatchEnded(
        epoch=epoch, epochs=2, batch=batch, batches=2, faces=4, loss=1.0, accuracy=0.5,
        batch_loss=float(batch), batch_accuracy=0.25 * batch, learning_rate=0.1,
    )  # fmt: skip


def epoch(number: int, *, is_best: bool = True) -> EpochEnded:
    return EpochEnded(
        epoch=number, epochs=2, loss=1 / number, accuracy=0.5, val_loss=0.7, val_accuracy=0.25,
        is_best=is_best, seconds=3.0, learning_rate=0.1, recall={"happy": 0.5, "sad": 0.0},
    )  # fmt: skip


def record(run: runs.Run, *events: Event) -> Recorder:
    recorder = Recorder(run)
    for event in events:
        recorder.notify(event)
    return recorder


@pytest.fixture
def run() -> runs.Run:
    return runs.create(TrainingConfig())


def test_an_epoch_is_kept_in_status_metrics_and_history(run: runs.Run) -> None:
    record(run, STARTED, step(1, 1), step(1, 2), epoch(1))
    status = run.stored_status()
    assert (status["state"], status["finished_epochs"], status["best_epoch"]) == ("running", 1, 1)
    _, epochs = read_metrics(run.folder)
    assert [row["val_accuracy"] for row in epochs] == [0.25]
    text = (run.folder / "history.csv").read_text(encoding="utf-8")
    [row] = csv.DictReader(text.splitlines())
    assert (row["epoch"], row["recall_happy"]) == ("1", "0.5")
    assert list(row)[-2:] == ["recall_happy", "recall_sad"]


def test_a_row_of_steps_is_their_mean_weighted_by_faces(run: runs.Run) -> None:
    record(run, STARTED, replace(step(1, 1), faces=3, batches=3), replace(step(1, 2), faces=1))
    steps, _ = read_metrics(run.folder)
    losses = [row["loss"] for row in steps]
    assert losses in ([1.25], [1.0, 2.0])  # one row, or one each where a second has passed


def test_rows_after_the_checkpoint_are_dropped_when_a_run_resumes(run: runs.Run) -> None:
    record(run, STARTED, step(1, 1), step(1, 2), epoch(1), step(2, 1), step(2, 2))
    record(run, replace(STARTED, history=(epoch(1),)))
    steps, epochs = read_metrics(run.folder)
    assert {row["epoch"] for row in (*steps, *epochs)} == {1}
    assert len(epochs) == 1
    assert run.stored_status()["finished_epochs"] == 1


def test_the_best_epoch_is_the_last_one_that_was_best(run: runs.Run) -> None:
    record(run, STARTED, epoch(1), epoch(2, is_best=False), Measuring())
    status = run.stored_status()
    assert (status["best_epoch"], status["finished_epochs"]) == (1, 2)
    assert status["state"] == "measuring"


class Noting(Observer):
    def __init__(self, *, stop: bool = False) -> None:
        self.events: list[Event] = []
        self.stop = stop

    def notify(self, event: Event) -> None:
        self.events.append(event)

    def should_stop(self) -> bool:
        return self.stop


def test_another_observer_receives_every_event_in_order(run: runs.Run) -> None:
    other = Noting()
    recorder = Recorder(run, other)
    events = [FilesRead(done=1, planned=2), STARTED, step(1, 1), epoch(1), Measuring()]
    for event in events:
        recorder.notify(event)
    assert other.events == events


def test_another_observer_or_a_request_ends_the_training(run: runs.Run) -> None:
    assert not Recorder(run, Noting()).should_stop()
    assert Recorder(run, Noting(stop=True)).should_stop()
    run.request("stop")
    assert Recorder(run, Noting()).should_stop()
    assert run.stored_status()["state"] == "stopping"


def test_a_pause_lasts_until_it_is_withdrawn_or_the_other_observer_ends_the_training(
    run: runs.Run,
) -> None:
    other = Noting()
    for end in (lambda: run.request(""), lambda: setattr(other, "stop", True)):
        run.request("pause")
        recorder = Recorder(run, other)
        with ThreadPoolExecutor() as pool:
            paused = pool.submit(recorder.should_stop)
            time.sleep(0.5)
            seen = (paused.done(), run.stored_status()["state"])
            end()
            try:
                assert paused.result(timeout=10) is other.stop
            finally:
                run.request("")
        assert seen == (False, "paused")


def test_a_pause_counts_as_no_work_and_shows_no_time_left(
    run: runs.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    recorder = record(run, STARTED, step(1, 1))
    clock[0] += 10
    recorder.notify(step(1, 2))
    assert run.stored_status()["eta_s"] == 20
    recorder.state("paused")
    assert run.stored_status()["eta_s"] is None
    assert run.stored_status()["faces_per_s"] is None
    clock[0] += 1000
    recorder.state("running")
    clock[0] += 5
    recorder.state("finished")
    assert run.stored_status()["worked_s"] == 15


def test_a_resumed_run_keeps_its_start_and_its_work_and_drops_what_has_passed(
    run: runs.Run,
) -> None:
    facts = {"started": 123.0, "worked_s": 60.0, "loss": 1.8, "batch": 3, "faces_per_s": 28.0}
    run.write_status(**run.stored_status(), **facts)
    Recorder(run).state("starting")
    status = run.stored_status()
    assert status["started"] == 123.0
    assert 60 <= status["worked_s"] < 70
    run.write_status(seconds=90.0)  # of a version that did not count the work
    Recorder(run).state("starting")
    assert 90 <= run.stored_status()["worked_s"] < 100
    assert not {"loss", "batch", "faces_per_s"} & status.keys()


def test_a_request_to_stop_ends_the_training_and_only_another_one_the_measuring(
    run: runs.Run,
) -> None:
    recorder = record(run, STARTED, step(1, 1))
    run.request("stop")
    assert recorder.should_stop()
    recorder.notify(Measuring())
    assert not recorder.should_skip()
    recorder.notify(Measuring(done=5, planned=10))
    run.request("stop")
    assert recorder.should_skip()


def test_measuring_states_how_much_of_it_is_done_and_how_long_the_rest_takes(
    run: runs.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    recorder = record(run, STARTED, Measuring())
    clock[0] += 4
    recorder.notify(Measuring(done=10, planned=40))
    status = run.stored_status()
    assert (status["measured"], status["to_measure"], status["eta_s"]) == (10, 40, 12)
