from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fer import data, runs
from fer.runs import queue
from fer.training.config import TrainingConfig


@pytest.mark.slow
def test_a_detached_worker_finds_runs_and_data_sets_in_folders_named_relative_to_ours(
    small_config: TrainingConfig,
    face_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wait_for: Callable[..., None],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FER_RUNS", "kept/runs")
    monkeypatch.setenv("FER_HOME", "kept/home")
    data.add(str(face_folder), name="mine")
    run = runs.create(replace(small_config, dataset="mine", epochs=1))
    queue.submit(run)
    wait_for(run, "finished", "failed")
    assert run.status()["state"] == "finished", run.status()
    assert run.folder.parent == tmp_path / "kept" / "runs"
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["home", "runs"]
    assert not (run.folder.parent / "kept").exists()


def test_a_run_uses_the_data_set_on_top_as_it_does_its_own(own_home: Path) -> None:
    run = runs.create(TrainingConfig(dataset="mine", extra="more"))
    for name in ("mine", "more"):
        assert [one.id for one in queue.using(name)[1]] == [run.id]
    assert queue.using("") == ([], [])
    assert queue.using("another") == ([], [])
