import pytest

from fer import runs
from fer.errors import TrainingError
from fer.people import Person, act_as
from fer.runs import queue
from fer.training.config import TrainingConfig


def test_a_run_keeps_the_configuration_it_was_created_with() -> None:
    config = TrainingConfig(epochs=7, labels=("happy", "sad"), options={"width": 0.5})
    assert runs.create(config).config() == config


def test_an_active_run_counts_as_crashed_once_nobody_holds_it() -> None:
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


@pytest.mark.parametrize(
    "name", ["status.json", "figures.json", "name.txt", "request", "notes.txt"]
)
@pytest.mark.parametrize("content", [b"\xff", b'{"state": [1], "test": {"accuracy": 1}}', b"[1]"])
def test_files_of_a_run_that_are_damaged_are_no_bug(name: str, content: bytes) -> None:
    run = runs.create(TrainingConfig())
    (run.folder / name).write_bytes(content)
    assert isinstance(run.status()["state"], str)
    assert run.figures() == {}
    assert runs.comparison([run])["state"] == [run.status()["state"]]
    assert isinstance(f"{run.name}{run.requested()}{run.notes}", str)


def test_an_active_run_cannot_be_removed() -> None:
    run = runs.create(TrainingConfig(), state="running")
    with run.held(), pytest.raises(TrainingError, match="in use by a worker"):
        run.remove()
    run.remove()
    assert not run.folder.exists()
    assert runs.list_runs() == []


def test_a_run_can_be_renamed_but_not_to_an_empty_name() -> None:
    run = runs.create(TrainingConfig())
    run.rename("  the\nbig one ")
    assert runs.Run(run.folder).name == "the big one"
    with pytest.raises(TrainingError, match="1 to 100"):
        run.rename("  ")


def test_a_full_disk_gives_advice_and_a_run_can_still_be_removed(
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


def test_notes_are_kept_in_the_folder_of_the_run() -> None:
    run = runs.create(TrainingConfig())
    assert run.notes == ""
    run.write_notes("  Twice the rate.\nDid not help. ")
    assert run.notes == "Twice the rate.\nDid not help."
    assert runs.find(run.id).notes == run.notes


def test_a_run_names_whoever_began_it_and_nobody_who_had_not_to_sign_in() -> None:
    assert runs.create(TrainingConfig()).by == ""
    with act_as(Person(name="kim@example.org")):
        assert runs.create(TrainingConfig()).by == "kim@example.org"
