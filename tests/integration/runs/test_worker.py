import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer import models, runs
from fer.errors import FerError
from fer.people import Person, act_as
from fer.runs import queue, worker
from fer.runs.catalogue import measured_on_test
from fer.runs.metrics import read_metrics
from fer.runs.run import Run
from fer.training import checkpoint
from fer.training.config import TrainingConfig
from fer.training.events import EpochEnded, Event, Measuring, Observer, Started

Wait = Callable[..., None]


def run_training(run: Run) -> models.Model:
    with run.held():
        return worker.run_training(run)


def kept_weights(run: Run) -> list[np.ndarray]:
    weights: list[np.ndarray] = models.load(run.model_folder).network.get_weights()
    return weights


def start_work() -> subprocess.Popen[bytes]:
    """The worker as `queue.start_worker` starts it, but one that can be killed."""
    return subprocess.Popen([sys.executable, "-m", "fer", "runs", "work"])


def test_a_run_leaves_all_its_files(small_config: TrainingConfig) -> None:
    run = runs.create(small_config, state="preparing")
    trained = run_training(run)
    status = run.status()
    assert status["state"] == "finished"
    assert (status["finished_epochs"], status["epochs"], status["batches"]) == (2, 2, 3)
    assert measured_on_test(run)["test_accuracy"] == trained.card.metrics["test"]["accuracy"]
    steps, epochs = read_metrics(run.folder)
    assert len(epochs) == 2
    assert len(steps) >= 2
    assert len((run.folder / "history.csv").read_text().splitlines()) == 3
    assert set(json.loads((run.folder / "figures.json").read_text())) == {"validation", "test"}
    assert models.load(run.model_folder).card.labels == ("happy", "surprise")
    assert not (run.folder / ".reserve").exists()


def test_a_run_uses_its_own_copies_of_models_and_its_card_names_them_as_the_user_did(
    small_config: TrainingConfig, tiny_folder: Path, tmp_path: Path
) -> None:
    mine = shutil.copytree(tiny_folder, tmp_path / "mine")
    config = replace(small_config, start_from=str(mine), teachers=(str(mine), str(mine)), epochs=1)
    run = runs.create(config, state="preparing")
    shutil.rmtree(mine)
    trained = run_training(run)
    for recorded in (run.config(), TrainingConfig.read(run.model_folder / "config.toml")):
        assert (recorded.start_from, recorded.teachers) == (str(mine), (str(mine), str(mine)))
    assert trained.card.config["start_from"] == str(mine)
    assert models.load(run.model_folder).card.config["teachers"] == [str(mine), str(mine)]
    used = run.local_config()
    assert [Path(name).parent for name in (used.start_from, *used.teachers)] == [
        run.folder, run.folder / "teachers", run.folder / "teachers",
    ]  # fmt: skip


def test_a_run_that_was_asked_to_stop_keeps_its_model_and_can_be_resumed(
    small_config: TrainingConfig,
) -> None:
    run = runs.create(replace(small_config, epochs=40), state="preparing")
    run.request("stop")
    run_training(run)
    assert run.status()["state"] == "stopped"
    assert run.has_model
    assert run.requested() == ""


def test_a_run_is_starting_while_keras_is_imported_and_only_then_preparing(
    small_config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = []
    written = Run.write_status

    def write(run: Run, **facts: object) -> None:
        states.append(facts["state"])
        written(run, **facts)

    monkeypatch.setattr(Run, "write_status", write)
    run = runs.create(replace(small_config, epochs=1))
    run_training(run)
    order = ["queued", "starting", "preparing", "running", "measuring", "finished"]
    assert list(dict.fromkeys(states)) == order


def test_a_second_request_to_stop_skips_the_measuring_and_keeps_the_model(
    small_config: TrainingConfig,
) -> None:
    class StopTwice(Observer):
        def notify(self, event: Event) -> None:
            if isinstance(event, (EpochEnded, Measuring)):
                run.request("stop")

    run = runs.create(replace(small_config, epochs=40), state="preparing")
    with run.held():
        worker.run_training(run, StopTwice())
    status = run.status()
    assert (status["state"], status["finished_epochs"], measured_on_test(run)) == ("stopped", 1, {})
    assert "Evaluate measures it" in status["reason"]
    assert run.has_model
    assert run.requested() == ""


def test_a_missing_data_set_or_an_exploding_loss_ends_as_failed_with_the_reason(
    small_config: TrainingConfig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    lost = runs.create(replace(small_config, dataset="/nowhere/at/all"), state="preparing")
    with pytest.raises(FerError, match="No data set"):
        run_training(lost)
    assert "The run failed: No data set" in caplog.text
    assert "Traceback" not in caplog.text, "the reason is a sentence, not a bug"
    assert lost.status()["state"] == "failed"
    assert "No data set" in lost.status()["reason"]
    exploding = replace(
        small_config, optimizer="sgd", learning_rate=10.0, weight_decay=1.0, epochs=60
    )
    run = runs.create(exploding, state="preparing")
    with pytest.raises(FerError, match="no longer a number"):
        run_training(run)
    assert run.status()["state"] == "failed"
    assert "Lower learning_rate" in run.status()["reason"]
    assert run.has_model, "the epochs before it are kept"
    assert run.status()["best_epoch"] >= 1


def test_a_full_disk_ends_a_run_as_failed_and_keeps_the_last_checkpoint(
    small_config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.create(replace(small_config, epochs=3), state="preparing")
    written = checkpoint.save

    def save(folder: Path, model: object, state: checkpoint.TrainingState) -> None:
        if len(state.history) == 2:
            raise OSError(28, "No space left on device")
        written(folder, model, state)

    monkeypatch.setattr(checkpoint, "save", save)
    with pytest.raises(FerError, match=r"No space left.*make room"):
        run_training(run)
    assert run.status()["state"] == "failed"
    assert "No space left" in run.status()["reason"]
    assert run.has_model
    monkeypatch.undo()
    monkeypatch.setenv("FER_RUNS", str(run.folder.parent))
    run_training(run)
    assert run.status()["finished_epochs"] == 3


def test_a_resumed_run_without_its_data_set_fails_and_keeps_its_model(
    small_config: TrainingConfig, face_folder: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(face_folder, moved)
    run = runs.create(replace(small_config, dataset=str(moved), epochs=1), state="preparing")
    run_training(run)
    shutil.rmtree(moved)
    kept = {file.name for file in run.checkpoints.iterdir()}
    text = (run.folder / "config.toml").read_text().replace("epochs = 1", "epochs = 5", 1)
    (run.folder / "config.toml").write_text(text)
    with pytest.raises(FerError, match=str(moved)):
        run_training(run)
    status = run.status()
    assert (status["state"], status["finished_epochs"]) == ("failed", 1)
    assert str(moved) in status["reason"]
    assert run.has_model
    assert {file.name for file in run.checkpoints.iterdir()} == kept
    _, epochs = read_metrics(run.folder)
    assert len(epochs) == 1


def test_an_interrupted_run_records_the_reason(
    small_config: TrainingConfig,
) -> None:
    class Interrupt(Observer):
        def notify(self, event: Event) -> None:
            if isinstance(event, Started):
                raise KeyboardInterrupt

    run = runs.create(small_config, state="preparing")
    with run.held(), pytest.raises(KeyboardInterrupt):
        worker.run_training(run, Interrupt())
    assert run.status()["state"] == "failed"
    assert "It was interrupted" in run.status()["reason"]


def test_a_run_that_cannot_even_begin_does_not_start_one_worker_after_another(
    small_config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    started: list[int] = []
    monkeypatch.setattr(queue, "start_worker", lambda: started.append(1))
    monkeypatch.setattr(worker, "_log_to", lambda path: None)
    run = runs.create(small_config)
    monkeypatch.setattr(Run, "write_status", full)
    worker.work()
    assert run.stored_status()["state"] == "queued"
    assert started == []


@pytest.mark.slow
def test_detached_processes_work_through_the_queue(
    small_config: TrainingConfig, wait_for: Wait
) -> None:
    first, second = (runs.create(replace(small_config, seed=seed)) for seed in (1, 2))
    queue.submit(first)
    queue.submit(second)
    wait_for(second, "finished")
    assert first.status()["state"] == "finished"
    assert first.status()["updated"] <= second.status()["started"]
    assert "Epoch 2 of 2" in (second.folder / "train.log").read_text()


@pytest.mark.slow
def test_a_run_pauses_resumes_and_stops_on_request(
    small_config: TrainingConfig, wait_for: Wait
) -> None:
    run = runs.create(replace(small_config, epochs=5000))
    queue.submit(run)
    wait_for(run, "running")
    run.request("pause")
    wait_for(run, "paused")
    batch = run.status()["batch"], run.status()["epoch"]
    time.sleep(1)
    assert (run.status()["batch"], run.status()["epoch"]) == batch
    run.request("")
    wait_for(run, "running")
    queue.stop(run)
    wait_for(run, "stopped")
    assert run.has_model


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_run_killed_at_any_moment_reads_as_crashed_and_resumes_bit_for_bit(
    small_config: TrainingConfig, wait_for: Wait
) -> None:
    config = replace(small_config, epochs=12)
    whole = runs.create(config, state="preparing")
    run_training(whole)
    run = runs.create(config)
    draw = random.Random(0)
    kills = int(os.environ.get("FER_KILLS", "2"))
    for _ in range(kills):
        before = run.status().get("finished_epochs", 0)
        process = start_work()
        wait_for(run, "running", "finished")
        if run.status()["state"] == "finished":
            break
        assert run.status()["finished_epochs"] >= before, "a finished epoch was lost"
        time.sleep(draw.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if run.status()["state"] == "finished":
            break
        assert run.status()["state"] == "crashed"
        run.write_status(**{**run.stored_status(), "state": "queued"})
    if run.status()["state"] != "finished":
        process = start_work()
        wait_for(run, "finished")
        process.wait()
    histories = [
        [{**row, "seconds": 0} for row in read_metrics(each.folder)[1]] for each in (whole, run)
    ]
    assert histories[0] == histories[1]
    for one, other in zip(*map(kept_weights, (whole, run)), strict=True):
        assert (one == other).all()


def test_the_card_of_a_runs_model_names_whoever_began_the_run(
    small_config: TrainingConfig,
) -> None:
    with act_as(Person(name="kim@example.org")):
        run = runs.create(small_config, state="preparing")
    assert run_training(run).card.made_by == "kim@example.org"
    assert models.load(run.model_folder).card.made_by == "kim@example.org"
    assert run_training(runs.create(small_config, state="preparing")).card.made_by == ""
